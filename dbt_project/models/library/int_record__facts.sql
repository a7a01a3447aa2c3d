{{ config(materialized='view') }}

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
{# A marriage is registered where one of the two has a registered home: it says nothing of where they live. #}
{{
    record_facts(
        'civil.marriage',
        observed_on='registered_on',
        marital="case kind when '1' then '20' when '2' then '40' end"
    )
}}
