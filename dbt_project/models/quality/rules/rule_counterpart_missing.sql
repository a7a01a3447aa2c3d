with missing as (
    select
        expected.dataset,
        expected.bureau,
        expected.record_ref,
        expected.role,
        expected.person_ref,
        expected.division_code,
        mention.file,
        mention.row,
        expected.expectation
    from {{ ref('int_quality__expected_counterparts') }} as expected
    left join {{ ref('int_quality__mentions') }} as mention
        on
            expected.dataset = mention.dataset
            and expected.record_ref = mention.record_ref
            and mention.role = 'deceased'
    where expected.is_missing
)

select
    {{
        finding_columns(
            'counterpart_missing',
            'missing',
            detail_zh="case missing.expectation
            when 'school' then '有预防接种记录的义务教育适龄儿童未见学籍（可能在原籍就读）'
            when 'health_record' then '登记居住满六个月，未见居民健康档案'
            else '已有死亡医学证明，户籍登记未见注销'
        end",
            detail_en="case missing.expectation
            when 'school' then 'a vaccinated child of compulsory school age, no school record seen (may be enrolled at home)'
            when 'health_record' then 'registered here for six months, no health record seen'
            else 'there is a death certificate, no cancellation in the household register seen'
        end",
            discriminator="missing.expectation || coalesce(missing.person_ref, '')"
        )
    }}
from missing
