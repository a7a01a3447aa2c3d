{#
    What is stated of one field on persons of whom different values are stated, as the body of a CTE: one row per person
    with `value`, the one that the person's record takes, and `variants` (different values stated).
    The order is authority of the dataset for the field, then the number of records that agree, then the latest; with
    newest_first the latest comes first, for what changes in life. Equal claims are decided by the value itself, never
    by a random number, so that two libraries of the same extracts agree.
    The order is written as one text that sorts, because the least of a group is found in one pass, and a window would
    sort millions of people once a field.
    - stated: the relation of statements, int_person__attributes or rows of it
    - value: SQL over int_person__attributes (alias attribute)
    - contested: a relation of the persons, `person_id`
    - compared: what counts as a different value, SQL over `value`
    - preferred: a rank of one digit over int_person__attributes that goes before everything, smaller is better
#}
{% macro golden_field(stated, field, value, contested, compared='value', preferred='0', newest_first=false) %}
    {%- set far_off = "cast('9999-12-31' as date)" -%}
    {%- set age_of_statement = "lpad(cast(" ~ days_between("coalesce(stated_on, cast('1000-01-01' as date))", far_off) ~ " as string), 7, '0')" -%}
    select
        person_id,
        min_by(
            value,
            preferred
            {{ '|| ' ~ age_of_statement if newest_first }}
            || lpad(cast(authority as string), 2, '0')
            || lpad(cast(999999999 - agreeing as string), 9, '0')
            || {{ age_of_statement }}
            || cast(value as string)
        ) as value,
        {{ 'count(*)' if compared == 'value' else 'count(distinct ' ~ compared ~ ')' }} as variants
    from (
        select
            attribute.person_id,
            {{ value }} as value,
            min(cast({{ preferred }} as string)) as preferred,
            min(coalesce(authority.authority, 50)) as authority,
            count(*) as agreeing,
            max(attribute.observed_on) as stated_on
        from {{ stated }} as attribute
        inner join {{ contested }} as contested on attribute.person_id = contested.person_id
        left join {{ ref('field_authority') }} as authority
            on
                attribute.dataset = authority.dataset
                and authority.field = '{{ field }}'
        where {{ value }} is not null
        group by attribute.person_id, {{ value }}
    ) as said
    group by person_id
{% endmacro %}
