{# Made from the contracts by `python scripts/make_staging.py`. #}
{# The datasets that are read. #}
{% macro active_datasets() %}
    {{
        return([
            'centre.verification',
            'civil.assistance',
            'civil.marriage',
            'edu.student_enrollment',
            'finance.service_funding',
            'grid.household_visit',
            'hfpc.birth_certificate',
            'hfpc.death_certificate',
            'hfpc.health_record',
            'hfpc.immunization',
            'hfpc.maternal_service',
            'hfpc.padis_case',
            'housing.public_rental',
            'housing.rental_filing',
            'hrss.employment',
            'hrss.social_insurance',
            'hrss.training',
            'psb.household_register',
            'psb.temporary_residence',
            'ref.unit',
            'survey.dynamic_monitoring',
        ])
    }}
{% endmacro %}

{# Those whose records are about people. #}
{% macro datasets_with_people() %}
    {{
        return([
            'centre.verification',
            'civil.assistance',
            'civil.marriage',
            'edu.student_enrollment',
            'grid.household_visit',
            'hfpc.birth_certificate',
            'hfpc.death_certificate',
            'hfpc.health_record',
            'hfpc.immunization',
            'hfpc.maternal_service',
            'hfpc.padis_case',
            'housing.public_rental',
            'housing.rental_filing',
            'hrss.employment',
            'hrss.social_insurance',
            'hrss.training',
            'psb.household_register',
            'psb.temporary_residence',
        ])
    }}
{% endmacro %}
