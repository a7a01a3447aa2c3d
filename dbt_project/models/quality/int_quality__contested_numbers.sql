{#
    Numbers that stand under more than one name, or beside a birth date or sex that is not theirs: few. One aggregate
    over all mentions finds them; everything else looks at their mentions only, so nothing is ever joined row by row.
    A usable number says its own birth date (digits 7 to 14) and sex (the 17th is odd for men, GB 11643).
#}
{% set number_birth = "substr(id_number, 7, 4) || '-' || substr(id_number, 11, 2) || '-' || substr(id_number, 13, 2)" %}
{% set number_sex = "case when substr(id_number, 17, 1) in ('1', '3', '5', '7', '9') then '1' else '2' end" %}
{{ config(**renewed(is_among('id_number', 'quality', 'int_quality__touched_numbers'))) }}
{% do made_before('int_quality__touched_numbers') %}
{# Of a day's few numbers the mentions are picked out once. #}
{% set mentioned = 'of_touched' if is_incremental() else ref('int_person__mentions') %}

with
{% if is_incremental() -%}
of_touched as (
    select *
    from {{ touched(ref('int_person__mentions'), 'int_quality__touched_numbers', 'id_number') }} as mention
),

{% endif -%}
doubtful as (
    select id_number
    from {{ mentioned }}
    where id_number is not null
    group by id_number
    having
        min(name_key) <> max(name_key)
        or min(sex) <> max(sex)
        or max(sex) <> {{ number_sex }}
        or min(birth_date) <> max(birth_date)
        or max(birth_date) <> cast({{ number_birth }} as date)
),

uses as (
    select
        mention.dataset,
        mention.record_ref,
        mention.role,
        mention.id_number,
        mention.name_norm,
        mention.name_key,
        mention._delivery as delivery,
        mention._file as file,
        mention._row as row,
        mention.division_code,
        mention.birth_date = cast(
            substr(mention.id_number, 7, 4) || '-'
            || substr(mention.id_number, 11, 2) || '-'
            || substr(mention.id_number, 13, 2) as date
        ) as has_its_birth,
        mention.sex
        = case when substr(mention.id_number, 17, 1) in ('1', '3', '5', '7', '9') then '1' else '2' end as has_its_sex
    from {{ mentioned }} as mention
    inner join doubtful on mention.id_number = doubtful.id_number
),

names as (
    select
        id_number,
        name_norm,
        min(name_key) as name_key,
        count(*) as mentions,
        {{ count_where('has_its_birth and coalesce(has_its_sex, true)') }} as fitting
    from uses
    where name_norm is not null
    group by id_number, name_norm
),

-- The number is that person's under whose name it stands most often where birth date and sex are its own; of several
-- names the first in order, never one by chance.
owners as (
    select
        id_number,
        min_by(
            name_norm,
            lpad(cast(999999999 - fitting as string), 9, '0')
            || lpad(cast(999999999 - mentions as string), 9, '0')
            || name_norm
        ) as name_norm,
        min_by(
            name_key,
            lpad(cast(999999999 - fitting as string), 9, '0')
            || lpad(cast(999999999 - mentions as string), 9, '0')
            || name_norm
        ) as name_key
    from names
    group by id_number
),

-- Two names are of two people when neither a slip of the pen nor one of the ear explains how they differ.
-- * The pen: one character is misread, replaced by one that looks like it, or lost because it is rare. So two characters
--   at least differ. In a name of two that is all of it: half would be one character, and relatives share the surname
--   anyway (张伟, 张强 are not told apart by their names alone; birth date and sex do that).
-- * Half of the characters at least: a long name, often one that is spelled by its sound (呼和巴特尔, 呼和巴图), is two
--   characters longer or other in two and still the same name.
-- * The ear: a clerk writes what sounds alike, or nearly so (zh z, n l, an ang, h f): one letter in a syllable. A syllable
--   has three letters (3.2 in the seed's readings of this city's names), so names in which every character is written by
--   ear differ in less than a third of their letters, or not at all (琪琪格, 其其格). A third or more is one syllable in
--   three that sounds altogether otherwise.
apart as (
    select
        names.id_number,
        names.name_norm,
        names.name_key <> owners.name_key as is_other_sound,
        3 * levenshtein(names.name_key, owners.name_key)
        >= greatest(length(names.name_key), length(owners.name_key))
        and {{ characters_apart('names.name_norm', 'owners.name_norm') }} >= 2
        and 2 * {{ characters_apart('names.name_norm', 'owners.name_norm') }}
        >= greatest(length(names.name_norm), length(owners.name_norm)) as is_other_name,
        names.fitting
    from names
    inner join owners on names.id_number = owners.id_number
),

shared as (
    select id_number
    from apart
    group by id_number
    having max(case when is_other_name and fitting > 0 then 1 else 0 end) = 1
)

select
    uses.id_number,
    uses.dataset,
    split_part(uses.dataset, '.', 1) as bureau,
    uses.record_ref,
    uses.role,
    person_ref.person_ref,
    uses.division_code,
    uses.file,
    uses.row,
    -- a contradiction in birth date or sex with a name that sounds otherwise is of somebody else; where neither is said
    -- the name alone has to differ by more
    coalesce(
        (apart.is_other_sound and (not uses.has_its_birth or not uses.has_its_sex))
        or (apart.is_other_name and (uses.has_its_birth is null or not coalesce(uses.has_its_sex, true))),
        false
    ) as is_of_another,
    shared.id_number is not null
    and coalesce(uses.has_its_birth, true)
    and coalesce(uses.has_its_sex, true) as is_of_two
from uses
left join apart
    on
        uses.id_number = apart.id_number
        and uses.name_norm = apart.name_norm
left join shared on uses.id_number = shared.id_number
left join {{ source('identity', 'person_xref') }} as xref
    on
        uses.record_ref = xref.record_ref
        and uses.role = xref.role
left join {{ source('identity', 'person_ref') }} as person_ref on xref.person_id = person_ref.person_id
