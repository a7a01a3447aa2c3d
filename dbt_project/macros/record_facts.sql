{#
    What the records of one dataset say besides who is in them, under the names that all datasets share. An argument is
    a SQL expression over the dataset's staging columns; one that is left out is a typed null, so that a new dataset is
    one call and every other stays as it is.
    - observed_on: the day that the record speaks of, and on which it begins to hold
    - confirmed_on: the latest day on which the bureau looked at it again
    - ended_on: the first day on which it holds no more
    - moved_out_on: the day from which it no longer says that the person lives there
    - left_on, died_on: the day on which it says that the person went away for good, or died
    - leaves_home: whether who went away is gone from her registered home too
    - residents: the roles of those who live at the place of a record that is evidence of residence; all if none is named
    - is_registration: whether it is the registration of somebody's home (户籍)
    - one_per: of what one person may have one record only: `time` (one open at any time), `delivery`, or none
    - one_per_kind: the kind of record of which that holds, where a dataset has several
#}
{% macro record_facts(
    dataset,
    observed_on,
    confirmed_on='null',
    arrived_on='null',
    ended_on='null',
    moved_out_on='null',
    left_on='null',
    died_on='null',
    leaves_home=false,
    dwelling='null',
    flow_reason='null',
    marital='null',
    industry='null',
    is_residence_evidence=false,
    residents=none,
    is_registration=false,
    one_per='null',
    one_per_kind="''"
) %}
    {#- Whether an address or a degree was asked for is seen from the contract. #}
    {%- set types = contract_of(dataset).types if execute else {} %}
    select
        cast('{{ dataset }}' as {{ dbt.type_string() }}) as dataset,
        cast('{{ dataset.split(".")[0] }}' as {{ dbt.type_string() }}) as bureau,
        record_key,
        cast({{ observed_on }} as date) as observed_on,
        cast({{ confirmed_on }} as date) as confirmed_on,
        cast({{ arrived_on }} as date) as arrived_on,
        cast({{ ended_on }} as date) as ended_on,
        cast({{ moved_out_on }} as date) as moved_out_on,
        cast({{ left_on }} as date) as left_on,
        cast({{ died_on }} as date) as died_on,
        {{ leaves_home }} as leaves_home,
        cast({{ dwelling }} as {{ dbt.type_string() }}) as dwelling,
        cast({{ flow_reason }} as {{ dbt.type_string() }}) as flow_reason,
        cast({{ marital }} as {{ dbt.type_string() }}) as marital,
        cast({{ industry }} as {{ dbt.type_string() }}) as industry,
        {{ 'education' if 'education' in types else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as education,
        {{ 'address is not null' if 'address' in types else 'false' }} as has_address,
        {{ is_residence_evidence }} as is_residence_evidence,
        cast({{ "'," ~ residents | join(',') ~ ",'" if residents else 'null' }} as {{ dbt.type_string() }}) as residents,
        {{ is_registration }} as is_registration,
        cast({{ one_per }} as {{ dbt.type_string() }}) as one_per,
        cast({{ one_per_kind }} as {{ dbt.type_string() }}) as one_per_kind
    from {{ ref('stg_' ~ dataset | replace('.', '__')) }}
{% endmacro %}
