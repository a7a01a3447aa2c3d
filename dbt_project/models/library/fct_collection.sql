{{ config(**renewed(is_among('person_id', 'library', 'int_calendar__renewed_people'))) }}
{#
    What several bureaus collect: the field, its value in a record, and the value of the person's record that it is held
    against; registered homes are compared by county-level unit. Of address and education a person's record holds none.
#}
{% set fields = [
    ('name', 'attribute.name_norm', 'held.name_norm'),
    ('sex', 'attribute.sex', 'held.sex'),
    ('birth_date', 'attribute.birth_date', 'held.birth_date'),
    ('id_number', 'attribute.id_number', 'held.id_number'),
    ('ethnicity', 'attribute.ethnicity', 'held.ethnicity'),
    ('phone', 'attribute.phone', 'held.phone'),
    ('address', "case when attribute.has_address then '' end", none),
    ('hukou_division', 'substr(attribute.hukou_division, 1, 6)', 'held.hukou_division'),
    ('marital', 'attribute.marital', 'held.marital'),
    ('education', 'attribute.education', none),
    ('dwelling', 'attribute.dwelling', 'held.dwelling'),
    ('arrived_on', 'attribute.arrived_on', 'held.arrived_on'),
] %}

with living as (
    select
        month.person_id,
        month.dwelling,
        month.arrived_on
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current and month.lives_here
),

-- What is held of each person, put together before the records of a life meet it.
held as (
    select
        person.person_id,
        person.name_norm,
        person.sex,
        person.birth_date,
        person.id_number,
        person.ethnicity,
        person.phone,
        substr(person.hukou_division, 1, 6) as hukou_division,
        person.marital,
        living.dwelling,
        living.arrived_on
    from {{ touched(ref('int_person__golden_record'), 'int_calendar__renewed_people') }} as person
    left join living on person.person_id = living.person_id
),

-- What holds of each field is a bit of a number: groups of tens of millions of rows with two aggregates a field would not
-- stay in memory.
collected as (
    select
        attribute.person_id,
        attribute.dataset,
        count(*) as n_records,
        min(attribute.began_on) as first_on,
        max(attribute.observed_on) as last_on,
        bit_or(
            {% for field, value, held_against in fields -%}
            case when {{ value }} is not null then {{ 2 ** loop.index0 }} else 0 end
            {{ '+ ' if not loop.last }}
            {%- endfor %}
        ) as has,
        {# Only what is on the person's record can be agreed with; every record has to. #}
        {%- for name, sign in [('agrees', '='), ('differs', '<>')] %}
        bit_or(
            {% for field, value, held_against in fields if held_against -%}
            case when {{ value }} {{ sign }} {{ held_against }} then {{ 2 ** loop.index0 }} else 0 end
            {{ '+ ' if not loop.last }}
            {%- endfor %}
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ stated_of('int_calendar__renewed_people') }} as attribute
    inner join held on attribute.person_id = held.person_id
    group by attribute.person_id, attribute.dataset
)

select
    person_id,
    dataset,
    split_part(dataset, '.', 1) as bureau,
    n_records,
    first_on,
    last_on,
    {% set compared = fields | rejectattr(2, 'none') | list -%}
    {% for field, value, held_against in fields -%}
    has & {{ 2 ** loop.index0 }} <> 0 as has_{{ field }},
    {% if held_against -%}
    {% set bit = 2 ** compared.index(fields[loop.index0]) -%}
    case
        when differs & {{ bit }} <> 0 then false
        when agrees & {{ bit }} <> 0 then true
    end as {{ field }}_agrees
    {%- else -%}
    cast(null as boolean) as {{ field }}_agrees
    {%- endif %}{{ ',' if not loop.last }}
    {% endfor %}
from collected
