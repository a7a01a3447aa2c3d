{{ config(**renewed(is_among('person_id', 'library', 'int_collection__touched'))) }}
{% set fields = collected_fields() %}

with now_here as (
    select
        month.person_id,
        month.period,
        coalesce(month.division_code, month.registered_division_code) as division_code,
        month.is_floating
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current
),

-- A dataset asks a person once, however often it writes her down.
asked as (
    select
        person_id,
        dataset,
        bureau,
        -- which came first, as one number: the day, then the dataset's place in the list
        min({{ days_between("cast('1000-01-01' as date)", 'began_on') }}) * 100
        + case dataset
            {% for dataset in datasets_with_people() -%}
            when '{{ dataset }}' then {{ loop.index }}
            {% endfor -%}
        end as place
        {%- for field, held in fields.items() %},
        max(case when {{ held }} then 1 else 0 end) as has_{{ field }}
        {%- endfor %}
    from {{ touched(ref('int_person__attributes'), by='int_collection__touched') }} as attribute
    group by person_id, dataset, bureau
),

first_asked as (
    select
        person_id
        {%- for field in fields %},
        min(case when has_{{ field }} = 1 then place end) as {{ field }}_place
        {%- endfor %}
    from asked
    group by person_id
)

select
    asked.person_id,
    asked.bureau,
    now_here.period,
    now_here.division_code,
    now_here.is_floating
    {%- for field in fields %},
    cast(sum(asked.has_{{ field }}) as bigint) as {{ field }}_collections,
    cast(
        sum(case when asked.has_{{ field }} = 1 and asked.place > first_asked.{{ field }}_place then 1 else 0 end) as bigint
    ) as {{ field }}_repeats
    {%- endfor %}
from asked
inner join first_asked on asked.person_id = first_asked.person_id
inner join now_here on asked.person_id = now_here.person_id
group by asked.person_id, asked.bureau, now_here.period, now_here.division_code, now_here.is_floating
