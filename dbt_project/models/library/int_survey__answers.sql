with answers as (
    select
        respondent.*,
        indicator.indicator,
        indicator.measure,
        indicator.counted_codes,
        case indicator.item
            {%- for item in survey_items() %}
            when '{{ item }}' then cast(respondent.{{ item }} as {{ dbt.type_string() }})
            {%- endfor %}
        end as answer
    from {{ ref('int_survey__respondents') }} as respondent
    cross join {{ ref('survey_indicator') }} as indicator
)

select
    record_ref,
    round,
    city_code,
    district_code,
    stratum,
    sampling_unit,
    weight,
    sex,
    flow_scope,
    indicator,
    measure,
    case
        when answer is null then null
        when measure = 'mean' then cast(answer as double)
        when ';' || counted_codes || ';' like '%;' || answer || ';%' then 1.0
        else 0.0
    end as value
from answers
