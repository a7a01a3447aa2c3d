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

{#
    Groups of ages, in the bands of sex_age, that those are part of who are entitled by age, or give birth: from the first
    band to the last in which somebody may be, of one sex or of both.
-#}
{% macro released_ages() %}
    {{
        return([
            {'name': '05-19', 'from': '05-09', 'to': '15-19'},
            {'name': '00-09', 'from': '00-04', 'to': '05-09'},
            {'name': '15+', 'from': '15-19', 'to': '85+'},
            {'name': '15-49', 'from': '15-19', 'to': '45-49'},
            {'name': 'women', 'from': '00-04', 'to': 'unknown', 'sex': '2'},
        ])
    }}
{% endmacro %}

{# Whether a cell of sex_age is of one of released_ages. #}
{% macro is_of_ages(ages, sex, age_band) -%}
    {{ age_band }} between '{{ ages.from }}' and '{{ ages.to }}'{% if ages.sex %} and {{ sex }} = '{{ ages.sex }}'{% endif %}
{%- endmacro %}

{#
    Which released count is part of another by definition, across tables: first the whole, as int_release__nested has it,
    then the part; `same` where by definition nobody need be left (floating is who has stayed a month, as a permit asks for).
    Of others nobody may be left by accident alone, which no reader knows. Ages are those of seed entitlement_rule; a school
    year begins at six and is over before sixteen.
-#}
{% macro released_inclusions() %}
    {%- set pairs = [
        [['total', '', '', 'resident'], ['service', 'health_record', 'floating', 'entitled']],
        [['total', '', '', 'not_floating'], ['service', 'health_record', 'floating', 'rest_of_total//resident']],
        [['service', 'health_record', 'floating', 'rest_of_total//resident'],
         ['service', 'health_record', 'registered', 'entitled']],
        [['total', '', '', 'floating'], ['service', 'insurance_medical', 'floating', 'entitled'], 'same'],
        [['service', 'health_record', 'registered', 'entitled'],
         ['service', 'insurance_medical', 'registered', 'entitled'], 'same'],
        [['record', 'record_temporary_residence', '', 'expected'], ['service', 'permit', 'floating', 'entitled'], 'same'],
        [['record', 'record_temporary_residence', '', 'expected'], ['record', 'record_padis_case', '', 'expected']],
        [['ages', '15+', '', 'floating'], ['service', 'permit', 'floating', 'entitled']],
        [['ages', '15+', '', 'floating'], ['record', 'record_temporary_residence', '', 'expected']],
        [['ages', '15-49', '', 'floating'], ['record', 'record_padis_case', '', 'expected']],
        [['ages', '00-09', '', 'people'], ['record', 'record_immunization_card', '', 'expected']],
    ] -%}
    {%- for group, measure in [('floating', 'floating'), ('registered', 'not_floating')] -%}
        {%- for service in released_services() if [group, service] != ['floating', 'insurance_medical'] -%}
            {%- do pairs.append([['total', '', '', measure], ['service', service, group, 'entitled']]) -%}
        {%- endfor -%}
        {%- do pairs.extend([
            [['ages', '05-19', '', measure], ['service', 'schooling', group, 'entitled']],
            [['ages', 'women', '', measure], ['service', 'maternal_care', group, 'entitled']],
        ]) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
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
