{{ config(**renewed(of_touched_people())) }}
{{
    service_given(
        'hfpc.health_record',
        role='patient',
        service="'health_record'",
        served_on='record.created_on'
    )
}}
union all
{#
    A dose of the national schedule, or a round of a campaign (强化免疫): vaccine_MMR_1, campaign_OPV_2. Where a day stands
    that cannot be read it was given all the same.
-#}
{{
    service_given(
        'hfpc.immunization',
        role='child',
        service="case record.vaccination_kind when '2' then 'campaign_' else 'vaccine_' end
        || record.vaccine || '_' || cast(record.dose as " ~ dbt.type_string() ~ ")",
        served_on='record.given_on',
        due_on='record.due_on',
        is_given="record.given_on_status <> 'missing'"
    )
}}
union all
{{
    service_given(
        'hfpc.maternal_service',
        role='woman',
        service="case record.service
            when '1' then 'preconception_check'
            when '2' then 'folic_acid'
            when '3' then 'maternal_care'
            when '4' then 'maternal_milk'
        end",
        served_on='record.served_on'
    )
}}
union all
{{
    service_given(
        'edu.student_enrollment',
        role='student',
        service="'schooling'",
        served_on='record.enrolled_on',
        ended_on='record.left_on'
    )
}}
union all
{# A permit that was asked for and not issued is none yet. #}
{{
    service_given(
        'psb.temporary_residence',
        role='resident',
        service="'permit'",
        served_on='record.permit_issued_on',
        ended_on="least(record.cancelled_on, " ~ days_after('record.permit_valid_to', 1) ~ ")",
        kind='record.permit_kind',
        is_given='record.permit_issued_on is not null'
    )
}}
union all
{{
    service_given(
        'hrss.employment',
        role='worker',
        service="'employment_registration'",
        served_on='record.registered_on',
        ended_on='record.ended_on',
        kind='record.employment'
    )
}}
union all
{{
    service_given(
        'hrss.training',
        role='trainee',
        service="'training'",
        served_on='record.started_on'
    )
}}
union all
{# Who is on the list and not active is insured no more, from the end of the last month paid for. #}
{{
    service_given(
        'hrss.social_insurance',
        role='insured',
        service="'insurance_' || record.insurance",
        served_on='record.enrolled_on',
        ended_on="coalesce(
            record.ended_on,
            case
                when record.active = '0'
                    then coalesce(" ~ days_after(month_end('record.paid_to'), 1) ~ ", record.enrolled_on)
            end
        )",
        kind='record.insurance'
    )
}}
union all
{# A flat that was given back is not held any more, though no column says since when. #}
{{
    service_given(
        'housing.public_rental',
        role='applicant',
        service="'public_rental'",
        served_on='record.allotted_on',
        kind='record.kind',
        is_given="record.allotted_on is not null and coalesce(record.status, '3') <> '4'"
    )
}}
union all
{{
    service_given(
        'civil.assistance',
        role='recipient',
        service="'assistance_' || record.assistance",
        served_on='record.started_on',
        ended_on='record.ended_on',
        kind='record.assistance'
    )
}}
