{#
    What the records of each dataset say besides who is in them, under the names that all datasets share. A dataset is one
    entry; each of its values is a SQL expression over the dataset's staging columns. What is left out is a typed null, so
    that a new dataset is one entry and every other stays as it is.
    - observed_on: the day that the record speaks of, and on which it begins to hold
    - confirmed_on: the latest day on which the bureau looked at it again
    - arrived_on: the day on which the person came here
    - ended_on: the first day on which it holds no more
    - moved_out_on: the day from which it no longer says that the person lives there
    - left_on, died_on: the day on which it says that the person went away for good, or died
    - leaves_home: whether who went away is gone from her registered home too
    - dwelling, flow_reason, marital, industry: as GB/T 31000, 2261.2 and 4754 number them
    - is_residence_evidence: whether its division is where a person in it lives
    - residents: the roles of those who live at the place of a record that is evidence of residence; all if none is named
    - is_registration: whether it is the registration of somebody's home (户籍)
    - one_per: of what one person may have one record only: `time` (one open at any time), `delivery`, or none
    - one_per_kind: the kind of record of which that holds, where a dataset has several
#}
{% macro record_meanings() %}
    {%- set meanings = {} -%}

    {# The registered home is where somebody lives until she is seen elsewhere; who is struck off is registered no more. #}
    {%- do meanings.update({'psb.household_register': dict(
        observed_on='coalesce(registered_on, moved_in_on, birth_date)',
        ended_on='cancelled_on',
        moved_out_on='cancelled_on',
        left_on="case when cancel_reason in ('1', '2', '3') then cancelled_on end",
        died_on="case when cancel_reason = '1' then cancelled_on end",
        marital='marital',
        is_residence_evidence=true,
        is_registration=true,
        one_per="'time'"
    )}) -%}
    {# A permit that has run out is no longer in force, but only cancelling says that the person has moved out. #}
    {%- do meanings.update({'psb.temporary_residence': dict(
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
    )}) -%}
    {#
        An in-flow case says where the person lives until she leaves. An out-flow case says the opposite: from the day of
        moving she is away, from the registered home too.
    #}
    {%- do meanings.update({'hfpc.padis_case': dict(
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
    )}) -%}
    {%- do meanings.update({'hfpc.health_record': dict(
        observed_on='created_on',
        confirmed_on='updated_on',
        is_residence_evidence=true,
        one_per="'time'"
    )}) -%}
    {#
        A dose that was given was given here; one that is due proves nothing. The mother is named because she is the mother:
        she may work elsewhere.
    #}
    {%- do meanings.update({'hfpc.immunization': dict(
        observed_on='given_on',
        is_residence_evidence='given_on is not null',
        residents=['child']
    )}) -%}
    {# A service was given here on its day; without the day it says nothing of when. #}
    {%- do meanings.update({'hfpc.maternal_service': dict(
        observed_on='served_on',
        is_residence_evidence='served_on is not null'
    )}) -%}
    {# The address is the mother's and the newborn's; of the father nothing but who he is was asked. #}
    {%- do meanings.update({'hfpc.birth_certificate': dict(
        observed_on='birth_date',
        is_residence_evidence=true,
        residents=['child', 'mother']
    )}) -%}
    {# Nobody lives anywhere after death, and where the dead last lived other records have said in their time. #}
    {%- do meanings.update({'hfpc.death_certificate': dict(
        observed_on='died_on',
        left_on='died_on',
        died_on='died_on'
    )}) -%}
    {# The division is the school's: it says where somebody learns. #}
    {%- do meanings.update({'edu.student_enrollment': dict(
        observed_on='enrolled_on',
        ended_on='left_on',
        one_per="'time'"
    )}) -%}
    {# The division is the employer's. #}
    {%- do meanings.update({'hrss.social_insurance': dict(
        observed_on='enrolled_on',
        ended_on='ended_on'
    )}) -%}
    {# What ends a registration of work or a course says nothing of leaving. #}
    {%- do meanings.update({'hrss.employment': dict(
        observed_on='registered_on',
        ended_on='ended_on',
        industry="case when employment = '1' then industry end",
        is_residence_evidence=true,
        one_per="'time'"
    )}) -%}
    {%- do meanings.update({'hrss.training': dict(
        observed_on='started_on',
        ended_on='finished_on',
        is_residence_evidence='division_raw is not null'
    )}) -%}
    {# A contract holds through its last day; it is filed for a flat that is let, so the tenant lives in let housing. #}
    {%- do meanings.update({'housing.rental_filing': dict(
        observed_on='started_on',
        ended_on=days_after('ended_on', 1),
        moved_out_on=days_after('ended_on', 1),
        dwelling="'02'",
        is_residence_evidence=true,
        one_per="'time'"
    )}) -%}
    {# Who applies says where she lives now, not where she will be housed. #}
    {%- do meanings.update({'housing.public_rental': dict(
        observed_on='applied_on',
        is_residence_evidence=true
    )}) -%}
    {# A marriage is registered where one of the two has a registered home: it says nothing of where they live. #}
    {%- do meanings.update({'civil.marriage': dict(
        observed_on='registered_on',
        marital="case kind when '1' then '20' when '2' then '40' end"
    )}) -%}
    {%- do meanings.update({'civil.assistance': dict(
        observed_on='started_on',
        ended_on='ended_on',
        is_residence_evidence=true
    )}) -%}
    {%- do meanings.update({'grid.household_visit': dict(
        observed_on='collected_on',
        arrived_on='arrived_on',
        dwelling='dwelling',
        flow_reason='flow_reason',
        is_residence_evidence=true,
        one_per="'delivery'"
    )}) -%}
    {#
        What the community answers (1 在住, 2 已搬走, 3 查无此人, 4 新增, 5 更正). Who has moved away is gone from here unless the
        answer names a place in the city; that nobody of the name was found says nothing of anybody.
    #}
    {%- do meanings.update({'centre.verification': dict(
        observed_on='checked_on',
        left_on="case
            when verification = '2' and coalesce(destination, '') not like '" ~ city_code()[:4] ~ "%' then checked_on
        end",
        is_residence_evidence="coalesce(verification in ('1', '4', '5'), false)"
    )}) -%}

    {{- return(meanings) -}}
{% endmacro %}

{# The columns in which the records of a dataset say it, for a SELECT over its staging. #}
{% macro fact_columns(dataset) -%}
    {#- Whether an address or a degree was asked for is seen from the contract. #}
    {%- set types = contract_of(dataset).types if execute else {} %}
    {%- set said = record_meanings().get(dataset) or exceptions.raise_compiler_error(
        "Say in macro record_meanings what the records of " ~ dataset ~ " mean."
    ) -%}
    {%- set text = dbt.type_string() -%}
    {% for day in ['observed_on', 'confirmed_on', 'arrived_on', 'ended_on', 'moved_out_on', 'left_on', 'died_on'] -%}
    cast({{ said[day] or 'null' }} as date) as {{ day }},
    {% endfor -%}
    {{ said.leaves_home or 'false' }} as leaves_home,
    {% for code in ['dwelling', 'flow_reason', 'marital', 'industry'] -%}
    cast({{ said[code] or 'null' }} as {{ text }}) as {{ code }},
    {% endfor -%}
    {{ 'education' if 'education' in types else 'cast(null as ' ~ text ~ ')' }} as education,
    {{ 'address is not null' if 'address' in types else 'false' }} as has_address,
    {{ said.is_residence_evidence or 'false' }} as is_residence_evidence,
    cast({{ "'," ~ said.residents | join(',') ~ ",'" if said.residents else 'null' }} as {{ text }}) as residents,
    {{ said.is_registration or 'false' }} as is_registration,
    cast({{ said.one_per or 'null' }} as {{ text }}) as one_per,
    cast({{ said.one_per_kind or "''" }} as {{ text }}) as one_per_kind
{%- endmacro %}
