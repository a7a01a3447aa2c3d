{#
    The rows of a dataset in which a column is not as it should be, one SELECT a column. The role is that of the person
    whom the column describes: the only one, or the first that maps it; null where the column describes the record. The
    division is that of the record where it has one that is known.
    - defect: a macro of a column of the contract; gives SQL that is true where the column is not as it should be, or
      nothing for columns that it does not look at
#}
{% macro column_defects(dataset, staged, defect) %}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
        {%- set looked_at = [] -%}
        {%- for column in contract.columns -%}
            {%- set condition = defect(column) | trim -%}
            {%- if condition -%}
                {%- do looked_at.append((column, condition)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for column, condition in looked_at %}
            {%- set roles = [] -%}
            {%- for name, role in contract.roles.items() if column.header in role.values() -%}
                {%- do roles.append(name) -%}
            {%- endfor %}
    select
        '{{ dataset }}' as dataset,
        record_ref,
        {{ "'" ~ roles[0] ~ "'" if roles else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as role,
        {{ 'division' if 'division' in contract.types else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as division_code,
        _file as file,
        _row as row,
        '{{ column.field }}' as field,
        '{{ column.header }}' as header
    from {{ staged }}
    where {{ condition }}
            {%- if not loop.last %}
    union all
            {%- endif -%}
        {%- endfor -%}
        {%- if not looked_at %}
    select
        '{{ dataset }}' as dataset,
        record_ref,
        cast(null as {{ dbt.type_string() }}) as role,
        cast(null as {{ dbt.type_string() }}) as division_code,
        _file as file,
        _row as row,
        '' as field,
        '' as header
    from {{ staged }}
    where 1 = 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{# A code of a division that is in no list; 无 and its like are in none either. #}
{% macro division_is_unknown(column) -%}
    {%- if column.type in ['division12', 'division6'] -%}
    {{ column.field }}_status = 'unknown'
    or ({{ column.field }}_status = 'missing' and {{ trimmed(column.field ~ '_raw') }} is not null)
    {%- endif -%}
{%- endmacro %}

{#
    A code above the level that the contract asks for. Twelve digits can name a community, and do unless the contract
    says that a district is enough; six can name a county, and a code that ends in four zeros names a province alone
    (Taiwan, Hong Kong and Macao have no counties in GB/T 2260).
#}
{% macro division_is_partial(column) -%}
    {%- if column.type == 'division12' and column.level == 'district' -%}
    {{ column.field }}_status = 'partial' and {{ any_match(column.field ~ '_raw', '^[0-9]{4}(00|0{8})?$') }}
    {%- elif column.type == 'division12' -%}
    {{ column.field }}_status = 'partial'
    {%- elif column.type == 'division6' -%}
    {{ any_match(column.field ~ '_raw', '^[0-9]{2}0{4}$') }}
    and {{ column.field }}_status <> 'unknown'
    and substr({{ column.field }}_raw, 1, 2) not in ('71', '81', '82')
    {%- endif -%}
{%- endmacro %}

{#
    Nothing in a column that must hold something. What is written there, even 无, is not nothing: that it says nothing
    other rules find. Numbers of persons have a rule of their own, which knows who has none yet; rows without their key
    are never taken.
#}
{% macro required_is_missing(column) -%}
    {%- if column.required and not column.is_key and column.type != 'id_number' -%}
    {%- set is_as_it_came = column.type == 'text' -%}
    {{ trimmed(column.field if is_as_it_came else column.field ~ '_raw') }} is null
    {%- endif -%}
{%- endmacro %}

{#
    The findings of a rule about columns, over every dataset that is read: what column_defects finds, with the person.
    - details: in front of the column's header and of its field
#}
{% macro column_findings(rule_id, defect, detail_zh, detail_en) %}
{%- do made_before('int_quality__touched_records') %}
{%- set renewals = renewals() %}
with
{#- Each column of a dataset is looked at by itself: touched records, few, are picked out once for all of them. #}
{%- if is_incremental() %}
{% for dataset in active_datasets() %}
{{ dataset | replace('.', '__') }} as (
    select *
    from {{ rows_of_touched_records(dataset, renewals) }} as staged
),
{% endfor %}
{%- endif %}
defects as (
{% for dataset in active_datasets() %}
    {%- set staged = dataset | replace('.', '__') if is_incremental() else staged_of(dataset) %}
    {{ column_defects(dataset, staged, defect) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
),

mentioned as (
    {{ people_in_records('(select record_ref from defects where role is not null)') }}
),

named as (
    select
        defects.dataset,
        split_part(defects.dataset, '.', 1) as bureau,
        defects.record_ref,
        defects.role,
        mentioned.person_ref,
        defects.division_code,
        defects.file,
        defects.row,
        defects.field,
        defects.header
    from defects
    left join mentioned
        on
            defects.dataset = mentioned.dataset
            and defects.record_ref = mentioned.record_ref
            and defects.role = mentioned.role
)

select
    {{
        finding_columns(
            rule_id,
            'named',
            detail_zh="'" ~ detail_zh ~ "' || named.header",
            detail_en="'" ~ detail_en ~ "' || named.field",
            discriminator='named.field'
        )
    }}
from named
{% endmacro %}
