{#
    The services that the records of one dataset say were given, one SELECT with the columns of fct_service_event. Each
    argument is a SQL expression over the dataset's staging columns (alias `record`).
    - role: whose service it is
    - service: its name; a record for which it is null gave none
    - served_on: the day on which it was given, or begins
    - due_on: the day on which it was due
    - ended_on: the first day on which it holds no more, for services that last
    - kind: what tells services of one name apart (the kind of a permit)
    - is_given: whether the record says that it was given at all
#}
{% macro service_given(
    dataset, role, service, served_on, due_on='null', ended_on='null', kind='null', is_given='true', division='record.division'
) %}
    select
        xref.person_id,
        {{ service }} as service,
        cast({{ served_on }} as date) as served_on,
        cast({{ due_on }} as date) as due_on,
        cast({{ ended_on }} as date) as ended_on,
        cast({{ kind }} as {{ dbt.type_string() }}) as kind,
        '{{ dataset }}' as dataset,
        record.record_ref,
        {{ division }} as division_code
    from {{ staged_of(dataset) }} as record
    inner join {{ touched(source('identity', 'person_xref')) }} as xref
        on
            record.record_ref = xref.record_ref
            and xref.dataset = '{{ dataset }}'
            and xref.role = '{{ role }}'
    where {{ is_given }} and {{ service }} is not null
{% endmacro %}
