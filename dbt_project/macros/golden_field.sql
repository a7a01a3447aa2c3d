{#
    The value that a person's record takes for one field, as the body of a CTE: one row per person who has any, with
    `value`, `agreeing` (records that say so), `stated_on` (latest of them) and `variants` (different values stated).
    The order is authority of the dataset for the field, then the number of records that agree, then the latest; with
    newest_first the latest comes first, for what changes in life. Equal claims are decided by the value itself, never
    by a random number, so that two libraries of the same extracts agree.
    - value: SQL over int_person__attributes
    - compared: what counts as a different value, SQL over `value`
    - preferred: a rank over int_person__attributes that goes before everything, smaller is better
#}
{% macro golden_field(field, value, compared='value', preferred='0', newest_first=false) %}
    select
        person_id,
        value,
        agreeing,
        stated_on,
        variants
    from (
        select
            said.*,
            row_number() over (
                partition by person_id
                order by
                    preferred asc nulls last,
                    {% if newest_first %}stated_on desc nulls last,{% endif %}
                    authority asc nulls last,
                    agreeing desc nulls last,
                    stated_on desc nulls last,
                    value asc nulls last
            ) as place,
            -- distinct values without a distinct window, which Spark has not
            max(variant) over (partition by person_id) as variants
        from (
            select
                counted.*,
                dense_rank() over (partition by person_id order by {{ compared }} asc nulls last) as variant
            from (
                select
                    attribute.person_id,
                    {{ value }} as value,
                    min({{ preferred }}) as preferred,
                    min(coalesce(authority.authority, 50)) as authority,
                    cast(count(*) as bigint) as agreeing,
                    max(attribute.observed_on) as stated_on
                from {{ ref('int_person__attributes') }} as attribute
                left join {{ ref('field_authority') }} as authority
                    on
                        attribute.dataset = authority.dataset
                        and authority.field = '{{ field }}'
                where {{ value }} is not null
                group by attribute.person_id, {{ value }}
            ) as counted
        ) as said
    ) as ranked
    where place = 1
{% endmacro %}
