{#
    What entitlement rules ask of people, columns of int_entitlement__people to their types: nothing else of a person decides
    what she is entitled to, so who is as she was by these is entitled to what she was, as far as no day passes.
#}
{% macro asked_of_people() %}
    {{
        return({
            'population_group': dbt.type_string(),
            'sex': dbt.type_string(),
            'birth_date': 'date',
            'arrived_on': 'date',
            'has_work': 'boolean',
            'is_renting': 'boolean',
            'is_in_need': 'boolean',
            'gave_birth_on': 'date',
        })
    }}
{% endmacro %}
