{{ config(materialized='view') }}

{# The registered home is where somebody lives until she is seen elsewhere; who is struck off is registered no more. #}
{{
    record_facts(
        'psb.household_register',
        observed_on='coalesce(registered_on, moved_in_on, birth_date)',
        ended_on='cancelled_on',
        moved_out_on='cancelled_on',
        left_on="case when cancel_reason in ('1', '2', '3') then cancelled_on end",
        died_on="case when cancel_reason = '1' then cancelled_on end",
        marital='marital',
        is_residence_evidence=true,
        is_registration=true,
        one_per="'time'"
    )
}}
union all
{# A permit that has run out is no longer in force, but only cancelling says that the person has moved out. #}
{{
    record_facts(
        'psb.temporary_residence',
        observed_on='registered_on',
        arrived_on='arrived_on',
        ended_on="least(cancelled_on, " ~ days_after('permit_valid_to', 1) ~ ")",
        moved_out_on='cancelled_on',
        left_on="case when cancel_reason in ('1', '2', '3') then cancelled_on end",
        died_on="case when cancel_reason = '1' then cancelled_on end",
        dwelling='dwelling',
        flow_reason='stay_reason',
        is_residence_evidence=true,
        one_per="'time'"
    )
}}
union all
{#
    An in-flow case says where the person lives until she leaves. An out-flow case says the opposite: from the day of
    moving she is away, from the registered home too.
#}
{{
    record_facts(
        'hfpc.padis_case',
        observed_on='coalesce(moved_on, updated_on)',
        confirmed_on='updated_on',
        arrived_on="case when flow = '1' then moved_on end",
        ended_on='left_on',
        moved_out_on="case when flow = '1' then left_on end",
        left_on="case when flow = '2' then coalesce(moved_on, updated_on) else left_on end",
        leaves_home="coalesce(flow = '2', false)",
        dwelling='dwelling',
        flow_reason='flow_reason',
        marital='marital',
        industry='industry',
        is_residence_evidence="coalesce(flow = '1', division_raw is not null)",
        one_per="'time'",
        one_per_kind="coalesce(flow, '')"
    )
}}
union all
{{
    record_facts(
        'hfpc.health_record',
        observed_on='created_on',
        confirmed_on='updated_on',
        is_residence_evidence=true,
        one_per="'time'"
    )
}}
union all
{#
    A dose that was given was given here; one that is due proves nothing. The mother is named because she is the mother:
    she may work elsewhere.
#}
{{
    record_facts(
        'hfpc.immunization',
        observed_on='given_on',
        is_residence_evidence='given_on is not null',
        residents=['child']
    )
}}
union all
{# A service was given here on its day; without the day it says nothing of when. #}
{{
    record_facts(
        'hfpc.maternal_service',
        observed_on='served_on',
        is_residence_evidence='served_on is not null'
    )
}}
union all
{# The address is the mother's and the newborn's; of the father nothing but who he is was asked. #}
{{
    record_facts(
        'hfpc.birth_certificate',
        observed_on='birth_date',
        is_residence_evidence=true,
        residents=['child', 'mother']
    )
}}
union all
{# Nobody lives anywhere after death, and where the dead last lived other records have said in their time. #}
{{
    record_facts(
        'hfpc.death_certificate',
        observed_on='died_on',
        left_on='died_on',
        died_on='died_on'
    )
}}
union all
{# The division is the school's: it says where somebody learns. #}
{{
    record_facts(
        'edu.student_enrollment',
        observed_on='enrolled_on',
        ended_on='left_on',
        one_per="'time'"
    )
}}
union all
{# The division is the employer's. #}
{{
    record_facts(
        'hrss.social_insurance',
        observed_on='enrolled_on',
        ended_on='ended_on'
    )
}}
union all
{# What ends a registration of work or a course says nothing of leaving. #}
{{
    record_facts(
        'hrss.employment',
        observed_on='registered_on',
        ended_on='ended_on',
        industry="case when employment = '1' then industry end",
        is_residence_evidence=true,
        one_per="'time'"
    )
}}
union all
{{
    record_facts(
        'hrss.training',
        observed_on='started_on',
        ended_on='finished_on',
        is_residence_evidence='division_raw is not null'
    )
}}
union all
{# A contract holds through its last day; it is filed for a flat that is let, so the tenant lives in let housing. #}
{{
    record_facts(
        'housing.rental_filing',
        observed_on='started_on',
        ended_on=days_after('ended_on', 1),
        moved_out_on=days_after('ended_on', 1),
        dwelling="'02'",
        is_residence_evidence=true,
        one_per="'time'"
    )
}}
union all
{# Who applies says where she lives now, not where she will be housed. #}
{{
    record_facts(
        'housing.public_rental',
        observed_on='applied_on',
        is_residence_evidence=true
    )
}}
union all
{# A marriage is registered where one of the two has a registered home: it says nothing of where they live. #}
{{
    record_facts(
        'civil.marriage',
        observed_on='registered_on',
        marital="case kind when '1' then '20' when '2' then '40' end"
    )
}}
union all
{{
    record_facts(
        'civil.assistance',
        observed_on='started_on',
        ended_on='ended_on',
        is_residence_evidence=true
    )
}}
union all
{{
    record_facts(
        'grid.household_visit',
        observed_on='collected_on',
        arrived_on='arrived_on',
        dwelling='dwelling',
        flow_reason='flow_reason',
        is_residence_evidence=true,
        one_per="'delivery'"
    )
}}
union all
{#
    What the community answers (1 在住, 2 已搬走, 3 查无此人, 4 新增, 5 更正). Who has moved away is gone from here unless the
    answer names a place in the city; that nobody of the name was found says nothing of anybody.
#}
{{
    record_facts(
        'centre.verification',
        observed_on='checked_on',
        left_on="case
            when verification = '2' and coalesce(destination, '') not like '" ~ city_code()[:4] ~ "%' then checked_on
        end",
        is_residence_evidence="coalesce(verification in ('1', '4', '5'), false)"
    )
}}
