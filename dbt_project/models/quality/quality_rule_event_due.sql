{{ config(alias='rule_event_due') }}

{#
    What this build has to add to state of how rules are judged: changes that it is the first to know, changes that have
    ended, and what the catalogue says for the first time or says otherwise than before. With each change stands what
    the verdicts on what this build counted are under the old value and under the new, the other values being those in
    force: written once, so that nobody can say later that it made no difference.
#}
{% set fields = ['severity', 'threshold_rate', 'threshold_count'] %}
{% set own_values = [] %}
{% for rule in rule_catalogue() %}
    {% for field in fields %}
        {% do own_values.append([
            text_literal(rule.rule_id),
            text_literal(field),
            'cast(null as ' ~ dbt.type_string() ~ ')' if rule[field] is none else text_literal(rule[field] | string),
        ]) %}
    {% endfor %}
{% endfor %}
with catalogue as (
    select
        rule_id,
        field,
        own_value
    from {{ written_rows(['rule_id', 'field', 'own_value'], own_values) }}
),

changes as (
    {{ rule_changes_said() }}
),

in_force as (
    {{ rule_changes_in_force('changes') }}
),

now_valid as (
    select
        catalogue.rule_id,
        catalogue.field,
        catalogue.own_value,
        coalesce(in_force.kind, 'back') as kind,
        case when in_force.kind = 'set' then in_force.new_value else catalogue.own_value end as value_in_force,
        build.build_id
    from catalogue
    left join in_force
        on
            catalogue.rule_id = in_force.rule_id
            and catalogue.field = in_force.field
    cross join {{ source('raw', 'build') }} as build
),

told_by_catalogue as (
    select
        rule_id,
        field,
        new_value
    from (
        select
            rule_id,
            field,
            new_value,
            row_number() over (
                partition by rule_id, field order by _segment desc nulls last, change_id asc nulls last
            ) as place
        from {{ source('raw', 'rule_event') }}
        where kind in ('introduced', 'catalogue')
    ) as told
    where place = 1
),

-- A change ends on its last day unless another one stood over it then.
ended as (
    select changes.*
    from changes
    where
        changes.until_on < changes.as_of
        and not exists (
            select 1
            from changes as later
            where
                later.rule_id = changes.rule_id
                and later.field = changes.field
                and later._segment > changes._segment
                and (later.until_on is null or later.until_on >= changes.until_on)
        )
),

due as (
    select
        {{ text_hash(['now_valid.rule_id', 'now_valid.field', 'now_valid.build_id']) }} as change_id,
        now_valid.rule_id,
        now_valid.field,
        case when told_by_catalogue.rule_id is null then 'introduced' else 'catalogue' end as kind,
        told_by_catalogue.new_value as old_value,
        now_valid.own_value as new_value,
        now_valid.kind = 'back' as is_felt
    from now_valid
    left join told_by_catalogue
        on
            now_valid.rule_id = told_by_catalogue.rule_id
            and now_valid.field = told_by_catalogue.field
    where
        told_by_catalogue.rule_id is null
        or told_by_catalogue.new_value is distinct from now_valid.own_value
    union all
    select
        changes.change_id,
        changes.rule_id,
        changes.field,
        changes.kind,
        changes.old_value,
        changes.new_value,
        true as is_felt
    from changes
    where
        changes.change_id not in (
            select change_id from {{ source('raw', 'rule_event') }} where kind in ('set', 'back')
        )
    union all
    select
        ended.change_id,
        ended.rule_id,
        ended.field,
        'ended' as kind,
        ended.new_value as old_value,
        now_valid.value_in_force as new_value,
        true as is_felt
    from ended
    inner join now_valid
        on
            ended.rule_id = now_valid.rule_id
            and ended.field = now_valid.field
    where ended.change_id not in (select change_id from {{ source('raw', 'rule_event') }} where kind = 'ended')
),

-- The thresholds before and after; what the catalogue says is not felt where people say something else.
thresholds as (
    select
        due.change_id,
        due.kind,
        due.rule_id,
        {% for moment, value in [('before', 'due.old_value'), ('after', 'due.new_value')] -%}
        {% for field, type in [('threshold_rate', 'double'), ('threshold_count', 'bigint')] -%}
        case
            when due.field = '{{ field }}' and due.is_felt
                then cast(case when due.field = '{{ field }}' then {{ value }} end as {{ type }})
            else rule_value.{{ field }}
        end as {{ field }}_{{ moment }}{{ ',' if not (loop.last and moment == 'after') }}
        {% endfor -%}
        {% endfor %}
    from due
    inner join {{ ref('int_quality__rule_values') }} as rule_value on due.rule_id = rule_value.rule_id
    where due.kind <> 'introduced'
),

counted as (
    select
        rule_id,
        dataset,
        division_code,
        violated,
        denominator,
        1 as is_division
    from {{ ref('int_quality__evaluation') }}
    where rule_id in (select rule_id from due where kind <> 'introduced')
    union all
    select
        rule_id,
        dataset,
        cast(null as {{ dbt.type_string() }}) as division_code,
        {{ cast_bigint_sum('violated') }} as violated,
        {{ cast_bigint_sum('denominator') }} as denominator,
        0 as is_division
    from {{ ref('int_quality__evaluation') }}
    where rule_id in (select rule_id from due where kind <> 'introduced')
    group by rule_id, dataset
),

judged as (
    select
        thresholds.change_id,
        thresholds.kind,
        counted.is_division,
        {{
            verdict_status(
                'counted.violated',
                'counted.denominator',
                'thresholds.threshold_rate_before',
                'thresholds.threshold_count_before'
            )
        }} as status_before,
        {{
            verdict_status(
                'counted.violated',
                'counted.denominator',
                'thresholds.threshold_rate_after',
                'thresholds.threshold_count_after'
            )
        }} as status_after
    from thresholds
    inner join counted on thresholds.rule_id = counted.rule_id
),

effects as (
    select
        change_id,
        kind,
        max(case when is_division = 0 then {{ gravity_of('status_before') }} end) as gravity_before,
        max(case when is_division = 0 then {{ gravity_of('status_after') }} end) as gravity_after,
        {{ count_where('is_division = 0') }} as datasets,
        {{ count_where('is_division = 0 and status_before <> status_after') }} as datasets_changed,
        {{ count_where('is_division = 1') }} as divisions,
        {{ count_where('is_division = 1 and status_before <> status_after') }} as divisions_changed
    from judged
    group by change_id, kind
)

select
    due.change_id,
    build.build_id,
    due.rule_id,
    due.field,
    due.kind,
    due.old_value,
    due.new_value,
    {{ status_of_gravity('effects.gravity_before') }} as status_before,
    {{ status_of_gravity('effects.gravity_after') }} as status_after,
    effects.datasets,
    effects.datasets_changed,
    effects.divisions,
    effects.divisions_changed
from due
left join effects
    on
        due.change_id = effects.change_id
        and due.kind = effects.kind
cross join {{ source('raw', 'build') }} as build
