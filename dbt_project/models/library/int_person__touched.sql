{#
    Of whom the library may say something else than the build before did: whose mentions are not what they were, and who
    shares a household with them, for whether a household is of one or of several is said of all in it.
#}
{% set attributes = ref('int_person__attributes') %}
{% set touched_person = source('identity', 'touched_person') %}

select person_id
from {{ touched_person }}
union
select person_id
from {{ attributes }}
where
    is_residence_evidence
    and (dataset, household_key) in (
        select
            dataset,
            household_key
        from {{ ref('int_person__former_keys') }}
        where household_key is not null
        union
        select
            dataset,
            household_key
        from {{ attributes }}
        where
            is_residence_evidence
            and household_key is not null
            and person_id in (select person_id from {{ touched_person }})
    )
