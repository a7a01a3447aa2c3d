{% set lists = residence_lists() %}
{% set datasets = lists.values() | map(attribute='dataset') | join("', '") %}

-- Who is floating and lives here on the build's date: the dead, and those of whom a bureau says that they went, are not.
with floating as (
    select
        month.person_id,
        month.period,
        month.city_code,
        month.district_code,
        coalesce(month.sex, '0') as sex,
        month.age_band,
        coalesce(month.stay_band in ('6m_5y', 'over_5y'), false) as is_settled,
        periods.counted_on
    from {{ ref('fct_person_month') }} as month
    inner join {{ ref('int_calendar__periods') }} as periods on month.period = periods.period
    where periods.is_current and month.is_floating
),

-- The lists that place each of them somewhere in the city, and have not struck her off.
listed as (
    select
        attribute.person_id,
        {% for name, list in lists.items() -%}
        max(
            case when attribute.dataset = '{{ list.dataset }}'{{ ' and floating.is_settled' if list.settled_only }} then 1 else 0 end
        ) as in_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_person__attributes') }} as attribute
    inner join floating on attribute.person_id = floating.person_id
    where
        attribute.dataset in ('{{ datasets }}')
        and attribute.is_residence_evidence
        and (attribute.moved_out_on is null or attribute.moved_out_on > floating.counted_on)
    group by attribute.person_id
)

select
    floating.period,
    floating.city_code,
    floating.district_code,
    floating.sex,
    floating.age_band,
    floating.is_settled,
    {% for name in lists -%}
    coalesce(listed.in_{{ name }} = 1, false) as in_{{ name }},
    {% endfor -%}
    count(*) as people
from floating
left join listed on floating.person_id = listed.person_id
group by
    floating.period,
    floating.city_code,
    floating.district_code,
    floating.sex,
    floating.age_band,
    floating.is_settled
    {%- for name in lists %},
    coalesce(listed.in_{{ name }} = 1, false)
    {%- endfor %}
