{#- 统计用区划代码: 12 digits; 2 province, 2 prefecture, 2 county, 3 township, 3 community. -#}

{#- The city that the library is about, as its 6 digits. -#}
{% macro city_code() -%}
    {{- return(var('city')) -}}
{%- endmacro %}

{#- Unallocated children: 999 below a township, 999 and 999 below a district, 99 and twice 999 below the city. -#}
{% macro unallocated_community_of_township(code) -%}
    (substr({{ code }}, 1, 9) || '999')
{%- endmacro %}

{% macro unallocated_township_of_district(code) -%}
    (substr({{ code }}, 1, 6) || '999000')
{%- endmacro %}

{% macro unallocated_community_of_district(code) -%}
    (substr({{ code }}, 1, 6) || '999999')
{%- endmacro %}

{% macro unallocated_district_of_city() -%}
    '{{ city_code()[:4] }}99000000'
{%- endmacro %}

{% macro unallocated_township_of_city() -%}
    '{{ city_code()[:4] }}99999000'
{%- endmacro %}

{% macro unallocated_community_of_city() -%}
    '{{ city_code()[:4] }}99999999'
{%- endmacro %}

{#-
    Where in the city each distinct text of `texts` (a CTE with column `text`) is. Gives text, code, status. A code that
    is not in the list counts under the lowest level that is.
-#}
{% macro division12_resolution(texts) -%}
    select
        padded.text,
        case
            when exact.level = 'community' then exact.code
            when township.code is not null then {{ unallocated_community_of_township('township.code') }}
            when district.code is not null then {{ unallocated_community_of_district('district.code') }}
            when successor.new_code like '{{ city_code()[:4] }}%'
                then {{ unallocated_community_of_district('successor.new_code') }}
            else {{ unallocated_community_of_city() }}
        end as code,
        case
            when padded.division_text is null then 'missing'
            when exact.level = 'community' then 'community'
            when exact.code is not null then 'partial'
            when padded.code = {{ unallocated_community_of_city() }} then 'partial'
            when padded.code = {{ unallocated_community_of_township('township.code') }} then 'partial'
            when padded.code = {{ unallocated_community_of_district('district.code') }} then 'partial'
            when successor.new_code like '{{ city_code()[:4] }}%' then 'superseded'
            else 'unknown'
        end as status
    from (
        select
            written.text,
            written.division_text,
            case
                when {{ any_match('written.division_text', '^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$') }}
                    then rpad(written.division_text, 12, '0')
            end as code
        from (
            select
                text,
                {{ division_text('text') }} as division_text
            from {{ texts }}
        ) as written
    ) as padded
    left join {{ ref('division') }} as exact
        on padded.code = exact.code
    left join {{ ref('division') }} as township
        on substr(padded.code, 1, 9) || '000' = township.code and township.level = 'township'
    left join {{ ref('division') }} as district
        on substr(padded.code, 1, 6) || '000000' = district.code and district.level = 'district'
    left join {{ ref('division_successor') }} as successor
        on substr(padded.code, 1, 6) = successor.old_code
{%- endmacro %}

{#-
    The same for six-digit codes of anywhere (GB/T 2260). Inside the city the code is the district's unallocated
    community; elsewhere the six digits and six zeros. Within the city's own province the list decides; outside it only
    the first two digits are checked (province_only).
-#}
{% macro division6_resolution(texts) -%}
    {%- set home_province = city_code()[:2] -%}
    select
        resolved.text,
        case
            when resolved.code = '{{ city_code() }}' then {{ unallocated_community_of_city() }}
            when district.code is not null then {{ unallocated_community_of_district('resolved.code') }}
            when substr(resolved.code, 1, 4) = '{{ city_code()[:4] }}' then {{ unallocated_community_of_city() }}
            when resolved.status <> 'unknown' then resolved.code || '000000'
            when substr(resolved.code, 1, 2) = '{{ home_province }}' then '{{ home_province }}0000000000'
        end as code,
        resolved.status
    from (
        select
            given.text,
            coalesce(successor.new_code, given.code) as code,
            case
                when given.division_text is null then 'missing'
                when successor.new_code is not null then 'superseded'
                when region.code is not null then 'known'
                when province.code is not null and province.code <> '{{ home_province }}' then 'province_only'
                else 'unknown'
            end as status
        from (
            select
                written.text,
                written.division_text,
                case
                    when {{ any_match('written.division_text', '^[0-9]{6}([0-9]{6})?$') }}
                        then substr(written.division_text, 1, 6)
                end as code
            from (
                select
                    text,
                    {{ division_text('text') }} as division_text
                from {{ texts }}
            ) as written
        ) as given
        left join {{ ref('division_region') }} as region
            on given.code = region.code
        left join {{ ref('division_successor') }} as successor
            on given.code = successor.old_code
        left join {{ ref('province') }} as province
            on substr(given.code, 1, 2) = province.code
    ) as resolved
    left join {{ ref('division') }} as district
        on resolved.code || '000000' = district.code and district.level = 'district'
{%- endmacro %}
