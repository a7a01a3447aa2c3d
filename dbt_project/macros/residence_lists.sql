{#
    The lists of people that estimates of the unseen are made from: a name, and the dataset whose records that place a
    person somewhere are the list. Each of them is kept on everybody who comes to live here, whatever her age, sex and
    work; other datasets know of those only who need something (a school, a job, a flat, a dose), and say nothing of how
    many nobody knows.
    - settled_only: whether the list is opened to those only who have lived here half a year (entitlement_rule
      health_record_floating): of the others it can hold nobody
#}
{% macro residence_lists() %}
    {{
        return({
            'police': {'dataset': 'psb.temporary_residence', 'settled_only': false},
            'family_planning': {'dataset': 'hfpc.padis_case', 'settled_only': false},
            'grid': {'dataset': 'grid.household_visit', 'settled_only': false},
            'clinic': {'dataset': 'hfpc.health_record', 'settled_only': true},
        })
    }}
{% endmacro %}
