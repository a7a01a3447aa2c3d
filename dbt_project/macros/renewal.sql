{#-
    How a build goes on from what the one before left (docs/adr/0014-incremental-builds.md). What deliveries that are new
    to the warehouse mean for a dataset is called its renewal. See _macros.yml.
-#}

{#-
    dbt's own, but that a full build does not ask the engine: where there is none (Spark, compiled only) none is needed.
    An example (`dbt test`) is of the whole model.
-#}
{% macro is_incremental() -%}
    {{- return(not should_full_refresh() and flags.WHICH != 'test' and dbt.is_incremental()) -}}
{%- endmacro %}

{#-
    Where a test looks, dbt's own macro but in a build that goes on from the one before: there, of staging, of mentions and
    of models that say which of their rows are renewed, only what changed is looked at, for the rest was when it did. All
    tests come this way, whatever they test, so what is looked up here is named by its place: it stands before every model
    of staging.
-#}
{% macro get_where_subquery(relation) -%}
    {%- set renewed = _renewed_rows(relation) if execute and not should_full_refresh() else none -%}
    {%- if renewed and relation.identifier == 'int_person__mentions' and _build_goes_on(relation) -%}
        {{- return(relation.incorporate(path={'identifier': 'int_person__changed_mentions'})) -}}
    {%- elif renewed and _build_goes_on(relation) -%}
        {{- return('(select * from ' ~ relation ~ ' where ' ~ renewed ~ ') as renewed') -}}
    {%- endif -%}
    {{- return(dbt.get_where_subquery(relation)) -}}
{%- endmacro %}

{#- The rows of a relation that a build which goes on from the one before looks at again, as a condition; none for all. -#}
{% macro _renewed_rows(relation) -%}
    {%- if relation.schema in ('staging', 'mentions') -%}
        {%- set changed = relation.incorporate(path={'schema': 'staging', 'identifier': 'stg_raw__changed_record'}) -%}
        {%- set dataset = relation.identifier | replace('stg_', '', 1) | replace('__', '.', 1) -%}
        {%- if dataset in active_datasets() -%}
            {%- set asked = 'select record_key from ' ~ changed ~ " where dataset = '" ~ dataset ~ "'" -%}
            {{- return(is_one_of('record_key', asked)) -}}
        {%- elif relation.identifier in ('stg_raw__row_fate', 'int_person__mentions') -%}
            {{- return(_is_changed_record(changed)) -}}
        {%- endif -%}
    {%- else -%}
        {%- set tested = graph.nodes.get(model.get('attached_node')) -%}
        {%- if tested and tested.schema == relation.schema and tested.alias == relation.identifier -%}
            {{- return(tested.config.meta.get('renewed')) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{#- That a row, with dataset and record_key, is of a record that changed. -#}
{% macro _is_changed_record(changed) -%}
    {{- return(
        is_one_of('record_key', 'select record_key from ' ~ changed)
        ~ ' and (dataset, record_key) in (select dataset, record_key from ' ~ changed ~ ')'
    ) -}}
{%- endmacro %}

{#- Whether the build that is being made goes on from the one before, for tests, which are no incremental models. -#}
{% macro _build_goes_on(relation) -%}
    {%- if flags.WHICH not in ('build', 'test') or should_full_refresh() -%}
        {{- return(false) -}}
    {%- endif -%}
    {%- set build = relation.incorporate(path={'schema': 'raw', 'identifier': 'build'}) -%}
    {{- return(not run_query('select is_full from ' ~ build).columns[0].values()[0]) -}}
{%- endmacro %}

{#- The query behind `renewals`: the applied deliveries that matter, from the oldest whose rows may change their fate. -#}
{% macro _renewals_query(delivery, new_delivery) -%}
    select
        delivery.dataset,
        delivery.delivery,
        bounds.is_whole,
        delivery.apply_order >= bounds.since_order as is_since,
        delivery.apply_order >= bounds.first_order as is_from_first,
        delivery.apply_order >= bounds.last_full_order as is_current,
        new_delivery.delivery is not null as is_new
    from {{ delivery }} as delivery
    inner join (
        select
            applied.dataset,
            fresh.first_order,
            fresh.is_whole,
            max(case when applied.mode = 'full' then applied.apply_order else 0 end) as last_full_order,
            max(
                case when applied.mode = 'full' and applied.apply_order < fresh.first_order then applied.apply_order else 0 end
            ) as since_order
        from {{ delivery }} as applied
        left join (
            select
                dataset,
                min(apply_order) as first_order,
                max(case when mode = 'full' then 1 else 0 end) as is_whole
            from {{ delivery }}
            where is_applied and delivery in (select delivery from {{ new_delivery }})
            group by dataset
        ) as fresh
            on applied.dataset = fresh.dataset
        where applied.is_applied
        group by applied.dataset, fresh.first_order, fresh.is_whole
    ) as bounds
        on delivery.dataset = bounds.dataset
    left join {{ new_delivery }} as new_delivery
        on delivery.delivery = new_delivery.delivery
    where
        delivery.is_applied
        and (
            delivery.apply_order >= bounds.last_full_order
            or (bounds.first_order is not null and delivery.apply_order >= bounds.since_order)
        )
    order by delivery.dataset nulls last, delivery.apply_order nulls last
{%- endmacro %}

{#-
    The renewals of a build that goes on from the one before: dataset to lists of deliveries; nothing in a full build.
    - new: those that are new to the warehouse; with `is_whole` true where one of them is full
    - from_first: the new ones and what applies after the first of them; a late delivery has others after it
    - since: from the last full delivery before the first new one; older rows keep the fates that they have
    - current: from the last full delivery; what is in force stands in these
-#}
{% macro renewals() -%}
    {%- set delivery = source('raw', 'delivery') -%}
    {%- set new_delivery = source('raw', 'new_delivery') -%}
    {%- set found = {} -%}
    {%- if execute and is_incremental() -%}
        {%- for row in run_query(_renewals_query(delivery, new_delivery)) -%}
            {%- if row['dataset'] not in found -%}
                {%- do found.update({
                    row['dataset']: {
                        'is_whole': row['is_whole'] == 1, 'new': [], 'from_first': [], 'since': [], 'current': [],
                    }
                }) -%}
            {%- endif -%}
            {%- set renewal = found[row['dataset']] -%}
            {%- for name in ('new', 'from_first', 'since', 'current') if row['is_' ~ name] -%}
                {%- do renewal[name].append(row['delivery']) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}

{#- The datasets in which a record may say something else than in the build before; all in a full build. -#}
{% macro changed_datasets() -%}
    {%- set changed_record = ref('stg_raw__changed_record') -%}
    {%- if not execute or not is_incremental() -%}
        {{- return(active_datasets()) -}}
    {%- endif -%}
    {%- set changed = [] -%}
    {%- for row in run_query('select distinct dataset from ' ~ changed_record) -%}
        {%- do changed.append(row['dataset']) -%}
    {%- endfor -%}
    {{- return(changed) -}}
{%- endmacro %}

{#- The datasets that have new deliveries. -#}
{% macro renewed_datasets(renewals) -%}
    {%- set renewed = [] -%}
    {%- for dataset, renewal in renewals.items() if renewal.new -%}
        {%- do renewed.append(dataset) -%}
    {%- endfor -%}
    {{- return(renewed) -}}
{%- endmacro %}

{#-
    The deliveries in which the rows in force of a dataset's changed records stand; none where no record changed. What a
    new delivery speaks of is in force in it or in one that applies after it; what a unit's place stands in for may be in
    force in any.
-#}
{% macro rows_in_force_of_changed(dataset, renewals) -%}
    {%- set renewal = renewals.get(dataset, {}) -%}
    {%- set units = [] -%}
    {%- if renewal and renewals.get('ref.unit', {}).get('new') -%}
        {%- do units.extend(contract_of(dataset).columns | selectattr('unit_for') | list) -%}
    {%- endif -%}
    {{- return(renewal.current if units else (renewal.from_first or [])) -}}
{%- endmacro %}

{#- True for rows of the given deliveries; of none where there are none. -#}
{% macro is_of_deliveries(deliveries, column='_delivery') -%}
    {%- if deliveries -%}
    {{ column }} in ('{{ deliveries | join("', '") }}')
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}

{#-
    The units that may stand for another place than they did: their rows since the renewal began do not all say one
    division, or they were not there before, or are not any more. Rather one too many than one too few.
-#}
{% macro _moved_units(units, renewal) -%}
    {%- set contract = contract_of('ref.unit') -%}
    {%- set column = {} -%}
    {%- for each in contract.columns -%}
        {%- do column.update({each.field: adapter.quote(each.header)}) -%}
    {%- endfor -%}
    {%- set before = renewal.since | reject('in', renewal.from_first) | list -%}
    select {{ code_text(column.unit_code) }} as unit_code
    from {{ units }}
    where {{ is_of_deliveries(renewal.since) }}
    group by {{ code_text(column.unit_code) }}
    having
        count(distinct coalesce({{ column.division }}, '')) > 1
        or max(case when _change = 'D' then 1 else 0 end) = 1
        or max(case when {{ is_of_deliveries(before) }} then 1 else 0 end) = 0
        or max(case when {{ is_of_deliveries(renewal.current) }} then 1 else 0 end) = 0
{%- endmacro %}

{#-
    The keys of records that a build has to look at again: those that new deliveries speak of, all of a dataset where a
    full one is among them, and those whose unit's place stands in for their own.
-#}
{% macro changed_records() -%}
    {%- set renewals = renewals() -%}
    {%- set units = source('raw', 'ref__unit') -%}
    {%- set record_ref = source('raw', 'record_ref') -%}
    {%- set parts = [] -%}
    {%- for dataset in active_datasets() -%}
        {%- set raw = raw_of(dataset) -%}
        {%- set renewal = renewals.get(dataset) -%}
        {%- if renewal and renewal.new -%}
            {%- set asked = renewal.since if renewal.is_whole else renewal.new -%}
            {%- do parts.append(
                "select '" ~ dataset ~ "' as dataset, _record_key as record_key from " ~ raw
                ~ " where " ~ is_of_deliveries(asked)
            ) -%}
        {%- endif -%}
        {%- if renewal and renewals.get('ref.unit', {}).get('new') -%}
            {%- for column in contract_of(dataset).columns if column.unit_for -%}
                {%- do parts.append(
                    "select '" ~ dataset ~ "' as dataset, _record_key as record_key from " ~ raw
                    ~ " where " ~ is_of_deliveries(renewal.current)
                    ~ " and " ~ code_text(adapter.quote(column.header))
                    ~ " in (" ~ _moved_units(units, renewals['ref.unit']) ~ ")"
                ) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor %}
    {%- if parts %}
    select
        spoken_of.dataset,
        spoken_of.record_key,
        record_ref.record_ref
    from (
        -- a delivery may speak of a record more than once
        select distinct
            dataset,
            record_key
        from (
            {{ parts | join('\n            union all\n            ') }}
        ) as said
    ) as spoken_of
    left join {{ record_ref }} as record_ref
        on
            spoken_of.dataset = record_ref.dataset
            and spoken_of.record_key = record_ref.record_key
            and record_ref.dataset in ('{{ renewals | join("', '") }}')
    {%- else %}
    select
        dataset,
        record_key,
        record_ref
    from {{ record_ref }}
    where false
    {%- endif %}
{%- endmacro %}

{#- Before a model that keeps the keys of this build alone takes up its own: those of the build before go. -#}
{% macro forget_all() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where true
    {%- endif -%}
{%- endmacro %}

{#- Before a staging model takes up the records in force of the keys that changed: what it says of them goes. -#}
{% macro forget_changed_records(dataset) -%}
    {%- if is_incremental() -%}
    {%- set changed = 'select record_key from ' ~ ref('stg_raw__changed_record') ~ " where dataset = '" ~ dataset ~ "'" %}
    delete from {{ this }} where {{ is_one_of('record_key', changed) }}
    {%- endif -%}
{%- endmacro %}

{#- The same for the fates of rows; those of rows from before the renewal stay. -#}
{% macro forget_changed_fates() -%}
    {%- if is_incremental() -%}
    {%- set deliveries = [] -%}
    {%- for renewal in renewals().values() if renewal.new -%}
        {%- do deliveries.extend(renewal.since) -%}
    {%- endfor -%}
    delete from {{ this }}
    where
        {{ is_of_deliveries(deliveries) }}
        and {{ _is_changed_record(ref('stg_raw__changed_record')) }}
    {%- endif -%}
{%- endmacro %}

{#-
    The settings of a model of which a build that goes on from the one before makes some rows anew: those for which the
    condition is true.
-#}
{% macro renewed(condition) -%}
    {{- return({
        'materialized': 'incremental',
        'incremental_strategy': 'append',
        'on_schema_change': 'fail',
        'pre_hook': '{{ forget_renewed() }}',
        'meta': {'renewed': condition},
    }) -}}
{%- endmacro %}

{#-
    That a column is in the column of the same name of a table that a step has left: the condition by which a model is
    renewed. It is written when the project is parsed, before anything can be looked up, so the table stands in it by
    its place. Whoever else keeps a copy of the model goes by it too.
-#}
{% macro is_among(column, schema, table) -%}
    {%- set relation = api.Relation.create(database=target.database | default(none), schema=schema, identifier=table) -%}
    {{- return(is_one_of(column, 'select ' ~ column ~ ' from ' ~ relation)) -}}
{%- endmacro %}

{#- That a row of int_person__attributes, or of a view of it, was made by this build. -#}
{% macro is_of_this_build() -%}
    {%- set build = api.Relation.create(database=target.database | default(none), schema='raw', identifier='build') -%}
    {{- return('made_in = (select max(ordinal) from ' ~ build ~ ')') -}}
{%- endmacro %}

{#- That a row is about somebody of whom the library may say something else than the build before. -#}
{% macro of_touched_people() -%}
    {{- return(is_among('person_id', 'library', 'int_person__touched')) -}}
{%- endmacro %}

{#-
    That a finding is in a record that is not what it was, or of whose people somebody else may be meant by now: for rules
    that look at a record by itself.
-#}
{% macro is_in_touched_records() -%}
    {{- return(is_among('record_ref', 'quality', 'int_quality__touched_records')) -}}
{%- endmacro %}

{#- That a finding is in a record of which a rule of the day says something else than it did, and nothing else does. -#}
{% macro is_in_turned_records() -%}
    {{- return(is_among('record_ref', 'quality', 'int_quality__turned_records')) -}}
{%- endmacro %}

{#- That a finding is about somebody whose records may say something else than they did: for rules that compare them. -#}
{% macro is_about_touched_people() -%}
    {{- return(is_among('person_ref', 'quality', 'int_quality__touched_people')) -}}
{%- endmacro %}

{#- The same for rules that ask which of them still hold. -#}
{% macro is_about_compared_people() -%}
    {{- return(is_among('person_ref', 'quality', 'int_quality__compared_people')) -}}
{%- endmacro %}

{#- That a row is of a rule that speaks of the build's date. -#}
{% macro is_by_rule_of_the_day() -%}
    {{- return("rule_id in ('" ~ rules_of_the_day() | join("', '") ~ "')") -}}
{%- endmacro %}

{#- That a row is about a dataset in which a record may say something else than in the build before. -#}
{% macro is_in_changed_datasets() -%}
    {{- return(is_among('dataset', 'staging', 'stg_raw__changed_record')) -}}
{%- endmacro %}

{#-
    A dataset's rows of staging in touched records, where a build goes on from the one before; else all of it. Those that
    changed stand in few deliveries, and are named by these, so that the engine passes over all others: to be looked up by
    their reference alone, every column of every row would be read. The rest are records that say what they said, in which
    somebody else is meant: a handful.
#}
{% macro rows_of_touched_records(dataset, renewals) -%}
    {%- do made_before('int_quality__touched_records') -%}
    {%- set staged = staged_of(dataset) -%}
    {%- if not is_incremental() -%}
        {{- return(staged) -}}
    {%- endif -%}
    {%- set is_of_changed = is_of_deliveries(rows_in_force_of_changed(dataset, renewals)) -%}
    {%- set touched = ref('int_quality__touched_records') -%}
    {%- set relinked = 'select record_ref from ' ~ touched ~ " where dataset = '" ~ dataset ~ "' and not is_changed" %}
    (
        select * from {{ staged }}
        where {{ is_of_changed }} and {{ is_one_of('record_ref', 'select record_ref from ' ~ touched) }}
        union all
        select * from {{ staged }}
        where
            not ({{ is_of_changed }})
            and {{ is_one_of('record_ref', relinked) }}
    )
{%- endmacro %}

{#-
    That a model is made after another, which it only reads where a build goes on from the one before: examples of the
    model need not give it.
-#}
{% macro made_before(name) -%}
    {%- do ref(name) if not execute -%}
{%- endmacro %}

{#- Before a model takes up rows that may not be what they were: those that it had go. -#}
{% macro forget_renewed() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where {{ model.config.meta.renewed }}
    {%- endif -%}
{%- endmacro %}

{#- On top of how many builds the build that is being made goes on. -#}
{% macro build_ordinal() -%}
    {%- set found = [0] -%}
    {%- if execute and is_incremental() -%}
        {%- for row in run_query('select ordinal from ' ~ source('raw', 'build')) -%}
            {%- do found.append(row['ordinal']) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found[-1]) -}}
{%- endmacro %}

{#-
    The rows of int_person__attributes, or of a view of it, that this build made: what is stated of touched persons
    (identity.touched_person); all rows, where a build does not go on from the one before. The engine tells by the ordinal
    which parts of the table it need not read: to look the persons up, it would read every column of all rows.
-#}
{% macro stated_of_touched(statements) -%}
    {%- if is_incremental() -%}
    (select * from {{ statements }} where made_in = {{ build_ordinal() }})
    {%- else -%}
    {{- statements -}}
    {%- endif -%}
{%- endmacro %}

{#-
    What is stated of persons of whom the touched are some, those of model `by`; all of it, where a build does not go on
    from the one before. Where there are no others, nothing but what this build made is read. `columns` are those that are
    asked for, where the engine cannot tell.
-#}
{% macro stated_of(by, columns=['*']) -%}
    {%- do made_before(by) -%}
    {%- do source('identity', 'touched_person') if not execute -%}
    {%- set attributes = ref('int_person__attributes') -%}
    {%- if is_incremental() -%}
    {%- set others -%}
        select person_id from {{ ref(by) }}
        where person_id not in (select person_id from {{ source('identity', 'touched_person') }})
    {%- endset %}
    (
        select {{ columns | join(', ') }} from {{ stated_of_touched(attributes) }} as attribute
        union all
        select {{ columns | join(', ') }} from {{ attributes }}
        where
            made_in < {{ build_ordinal() }}
            and {{ is_one_of('person_id', others) }}
    )
    {%- else -%}
    {{- attributes -}}
    {%- endif -%}
{%- endmacro %}

{#-
    A relation's rows of touched people, or of whatever `column` names, where a build goes on from the one before; else all
    of it.
-#}
{% macro touched(relation, by='int_person__touched', column='person_id') -%}
    {%- do made_before(by) if by is string -%}
    {%- if is_incremental() -%}
    {%- set asked = 'select ' ~ column ~ ' from ' ~ (ref(by) if by is string else by) %}
    (select * from {{ relation }} where {{ is_one_of(column, asked) }})
    {%- else -%}
    {{- relation -}}
    {%- endif -%}
{%- endmacro %}
