{# The measures of data quality on scorecards: each with what is counted, of how many, and per how many. #}
{% macro quality_measures() %}
    {{
        return({
            'missing_rate': {'numerator': 'values_missing', 'denominator': 'values_expected', 'per': 1},
            'duplicate_rate': {'numerator': 'duplicates', 'denominator': 'records', 'per': 1},
            'findings_per_1000': {'numerator': 'findings_open', 'denominator': 'records', 'per': 1000},
            'timeliness': {'numerator': 'timely_records', 'denominator': 'records', 'per': 1},
        })
    }}
{% endmacro %}
