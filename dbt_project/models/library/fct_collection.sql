{{ config(**renewed(is_among('person_id', 'library', 'int_collection__touched'))) }}
{#
    What several bureaus collect: the field, its value in a record, and the value of the person's record that it is held
    against; registered homes are compared by county-level unit. Of address and education a person's record holds none.
#}
{% set fields = [
    ('name', 'attribute.name_norm', 'person.name_norm'),
    ('sex', 'attribute.sex', 'person.sex'),
    ('birth_date', 'attribute.birth_date', 'person.birth_date'),
    ('id_number', 'attribute.id_number', 'person.id_number'),
    ('ethnicity', 'attribute.ethnicity', 'person.ethnicity'),
    ('phone', 'attribute.phone', 'person.phone'),
    ('address', "case when attribute.has_address then '' end", none),
    ('hukou_division', 'substr(attribute.hukou_division, 1, 6)', 'substr(person.hukou_division, 1, 6)'),
    ('marital', 'attribute.marital', 'person.marital'),
    ('education', 'attribute.education', none),
    ('dwelling', 'attribute.dwelling', 'living.dwelling'),
    ('arrived_on', 'attribute.arrived_on', 'living.arrived_on'),
] %}

with living as (
    select
        month.person_id,
        month.dwelling,
        month.arrived_on
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current and month.lives_here
)

select
    attribute.person_id,
    attribute.dataset,
    min(attribute.bureau) as bureau,
    count(*) as n_records,
    min(attribute.began_on) as first_on,
    max(attribute.observed_on) as last_on,
    {% for field, value, held_against in fields -%}
    count({{ value }}) > 0 as has_{{ field }},
    {% if held_against -%}
    {# Only what is on the person's record can be agreed with; every record has to. -#}
    min(
        case
            when {{ value }} is not null and {{ held_against }} is not null
                then case when {{ value }} = {{ held_against }} then 1 else 0 end
        end
    ) = 1 as {{ field }}_agrees
    {%- else -%}
    cast(null as boolean) as {{ field }}_agrees
    {%- endif %}{{ ',' if not loop.last }}
    {% endfor %}
from {{ touched(ref('int_person__attributes'), by='int_collection__touched') }} as attribute
inner join {{ ref('int_person__golden_record') }} as person on attribute.person_id = person.person_id
left join living on attribute.person_id = living.person_id
group by attribute.person_id, attribute.dataset
