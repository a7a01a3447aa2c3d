-- Who can be weighed and placed: an answer without weight, sampling unit or district of the city stands for nobody.
select
    survey.record_ref,
    -- It is asked once a year; a round has the month-end of its last interview, so that days before do not make two.
    {{ month_end('max(survey.surveyed_on) over (partition by year(survey.surveyed_on))') }} as round,
    ancestors.city_code,
    ancestors.district_code,
    survey.stratum,
    survey.sampling_unit,
    cast(survey.weight as double) as weight,
    survey.a01 as sex,
    survey.a08 as flow_scope,
    {% for item in survey_items() -%}
    survey.{{ item }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('stg_survey__dynamic_monitoring') }} as survey
inner join {{ ref('int_division__ancestors') }} as ancestors on survey.division = ancestors.division_code
where
    survey.surveyed_on is not null
    and survey.weight > 0
    and survey.stratum is not null
    and survey.sampling_unit is not null
    and ancestors.district_code is not null
