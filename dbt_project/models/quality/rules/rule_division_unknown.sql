{# Every column of divisions of every dataset, as its contract says; a role's column is found in the role. #}
with unknown as (
{% for dataset in active_datasets() %}
    {{ division_columns_unknown(dataset, staged_of(dataset)) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

named as (
    select
        unknown.dataset,
        split_part(unknown.dataset, '.', 1) as bureau,
        unknown.record_ref,
        unknown.role,
        mention.person_ref,
        unknown.division_code,
        unknown.file,
        unknown.row,
        unknown.field,
        unknown.header
    from unknown
    left join {{ ref('int_quality__mentions') }} as mention
        on
            unknown.dataset = mention.dataset
            and unknown.record_ref = mention.record_ref
            and unknown.role = mention.role
)

select
    {{
        finding_columns(
            'division_unknown',
            'named',
            detail_zh="'区划代码不在区划表中：' || named.header",
            detail_en="'division code is not in the list: ' || named.field",
            discriminator='named.field'
        )
    }}
from named
