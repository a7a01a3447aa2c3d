{{ config(**renewed(is_among('person_id', 'library', 'int_calendar__renewed_people'))) }}
{#
    What is counted of each field is kept in one number, six bits a field: groups of tens of millions of rows with an
    aggregate a field would not stay in memory. A bureau has fewer than 64 datasets.
#}
{% set fields = collected_fields() %}
{% set counts_below = 64 %}
{% if fields | length > 10 %}
    {{ exceptions.raise_compiler_error("Counts of more than ten fields do not fit into one number.") }}
{% endif %}

with now_here as (
    select
        month.person_id,
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
        cast(
            min({{ days_between("cast('1000-01-01' as date)", 'began_on') }}) * 100
            + case dataset
                {% for dataset in datasets_with_people() -%}
                when '{{ dataset }}' then {{ loop.index }}
                {% endfor -%}
            end as integer
        ) as place,
        bit_or(
            {% for held in fields.values() -%}
            case when {{ held }} then cast({{ counts_below ** loop.index0 }} as bigint) else 0 end
            {{ '+ ' if not loop.last }}
            {%- endfor %}
        ) as has
    from {{ stated_of('int_calendar__renewed_people') }} as attribute
    group by person_id, dataset, bureau
),

first_asked as (
    select
        person_id
        {%- for field in fields %},
        min(case when has & {{ counts_below ** loop.index0 }} <> 0 then place end) as {{ field }}_place
        {%- endfor %}
    from asked
    group by person_id
),

counted as (
    select
        asked.person_id,
        asked.bureau,
        cast(sum(asked.has) as bigint) as collections,
        cast(
            sum(
                {% for field in fields -%}
                case
                    when asked.place > first_asked.{{ field }}_place then asked.has & {{ counts_below ** loop.index0 }}
                    else 0
                end
                {{ '+ ' if not loop.last }}
                {%- endfor %}
            ) as bigint
        ) as repeats
    from asked
    inner join first_asked on asked.person_id = first_asked.person_id
    group by asked.person_id, asked.bureau
)

select
    counted.person_id,
    counted.bureau,
    now_here.division_code,
    now_here.is_floating
    {%- for field in fields %}
    {%- set unit = counts_below ** loop.index0 %},
    {{ whole_quotient('counted.collections', unit) }} % {{ counts_below }} as {{ field }}_collections,
    {{ whole_quotient('counted.repeats', unit) }} % {{ counts_below }} as {{ field }}_repeats
    {%- endfor %}
from counted
inner join now_here on counted.person_id = now_here.person_id
