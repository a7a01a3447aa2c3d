{# The additive counts of a population, in the order of interface/public.yml. #}
{% macro population_counts() %}
    {{ return(['people', 'floating', 'floating_in_city', 'registered', 'resident']) }}
{% endmacro %}

{#
    The dimension sets of a population besides `total`: each with the columns that it is told by, and what each holds
    over fct_person_month. What no record says is `unknown`, so that the cells of every set add up to the total.
#}
{% macro population_sets() %}
    {{
        return({
            'sex_age': {'sex': "coalesce(sex, '0')", 'age_band': 'age_band'},
            'stay_band': {'stay_band': "coalesce(stay_band, 'unknown')"},
            'origin': {'origin': "coalesce(origin_province, 'unknown')"},
            'dwelling': {'dwelling': "coalesce(dwelling, 'unknown')"},
            'industry': {'industry': "coalesce(industry, 'unknown')"},
            'flow_scope': {'flow_scope': 'flow_scope'},
            'household': {'household': "coalesce(household_type, 'unknown')"},
            'marital': {'marital': "coalesce(marital, 'unknown')"},
            'ethnicity': {'ethnicity': "coalesce(ethnicity, 'unknown')"},
        })
    }}
{% endmacro %}
