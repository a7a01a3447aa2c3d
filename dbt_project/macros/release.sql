{# The sets of mart_population besides `total` that are released, and the counts of each. Below districts there are none. #}
{% macro released_sets() %}
    {{
        return({
            'sex_age': ['people', 'floating'],
            'stay_band': ['floating'],
            'origin': ['floating'],
            'dwelling': ['floating'],
            'industry': ['floating'],
            'flow_scope': ['floating'],
            'household': ['people', 'floating'],
            'marital': ['people', 'floating'],
            'ethnicity': ['people'],
        })
    }}
{% endmacro %}

{#
    What a count is made of, in the same row: the first part is released, the second is what it leaves of the whole. Who
    knows both has the rest, which is a group of people too.
#}
{% macro released_parts() %}
    {{
        return([
            {'whole': 'people', 'part': 'floating', 'rest': 'not_floating'},
            {'whole': 'people', 'part': 'resident', 'rest': 'not_resident'},
            {'whole': 'floating', 'part': 'floating_in_city', 'rest': 'floating_from_outside'},
            {'whole': 'entitled', 'part': 'covered', 'rest': 'not_covered'},
            {'whole': 'expected', 'part': 'missing', 'rest': 'not_missing'},
        ])
    }}
{% endmacro %}

{# Counts below this are not shown. #}
{% macro smallest_shown() %}
    {{ return(10) }}
{% endmacro %}

{#
    The services of which coverage is released. Not all: groups that differ by few people (children due for one dose and
    for the next) would tell of those few by their difference. None of these is another less a few, but as
    int_release__nested has it.
#}
{% macro released_services() %}
    {{ return(['health_record', 'insurance_medical', 'schooling', 'permit', 'maternal_care']) }}
{% endmacro %}

{# Released counts of the floating that are, by definition, the sum of others under another heading. #}
{% macro released_headings() %}
    {{
        return([
            {
                'name': 'from_elsewhere_in_the_city',
                'whole_set': 'total', 'whole': '', 'group': '', 'measure': 'floating_in_city',
                'part_set': 'flow_scope', 'parts': ['市内跨旗县'],
            },
            {
                'name': 'from_the_region',
                'whole_set': 'origin', 'whole': var('city')[:2] ~ '0000000000', 'group': '', 'measure': 'floating',
                'part_set': 'flow_scope', 'parts': ['市内跨旗县', '区内跨盟市'],
            },
            {
                'name': 'half_a_year',
                'whole_set': 'service', 'whole': 'health_record', 'group': 'floating', 'measure': 'entitled',
                'part_set': 'stay_band', 'parts': ['6m_5y', 'over_5y'],
            },
        ])
    }}
{% endmacro %}
