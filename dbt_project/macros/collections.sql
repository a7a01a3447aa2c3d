{#
    The fields that several bureaus ask people for, each with the condition over int_person__attributes that a record
    holds it.
#}
{% macro collected_fields() %}
    {{
        return({
            'name': 'name is not null',
            'sex': 'sex is not null',
            'birth_date': 'birth_date is not null',
            'id_number': "coalesce(id_number_status, 'missing') <> 'missing'",
            'ethnicity': 'ethnicity is not null',
            'phone': 'phone is not null',
            'hukou_division': 'hukou_division is not null',
            'marital': 'marital is not null',
            'dwelling': 'dwelling is not null',
            'arrived_on': 'arrived_on is not null',
        })
    }}
{% endmacro %}
