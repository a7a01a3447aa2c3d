{% set groups = [("'all'", 'true'), ("'sex_' || sex", 'sex is not null'), ("'scope_' || flow_scope", 'flow_scope is not null')] %}

with registers as (
    {% for division in ['district_code', 'city_code'] %}
    {%- set is_last_division = loop.last %}
    {%- for group, is_known in groups %}
    select
        {{ division }} as division_code,
        period as round,
        indicator,
        {{ group }} as population_group,
        cast(sum(holders) as double) / sum(people) as register_value
    from {{ ref('int_population__register_indicators') }}
    where {{ is_known }}
    group by {{ division }}, period, indicator{{ ', ' ~ group if loop.index > 1 }}
    {% if not (loop.last and is_last_division) %}union all{% endif %}
    {% endfor %}
    {%- endfor %}
)

select
    survey.division_code,
    survey.level,
    survey.round,
    survey.indicator,
    indicator.name_zh,
    indicator.name_en,
    indicator.unit,
    survey.population_group,
    survey.respondents,
    survey.estimate,
    survey.standard_error,
    survey.low,
    survey.high,
    registers.register_value
from {{ source('estimates', 'survey_figure') }} as survey
inner join {{ ref('survey_indicator') }} as indicator on survey.indicator = indicator.indicator
left join registers
    on
        survey.division_code = registers.division_code
        and survey.round = registers.round
        and survey.indicator = registers.indicator
        and survey.population_group = registers.population_group
