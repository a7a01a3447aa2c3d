{#- Staging and mentions, made from what the contracts say: a dataset adds no SQL of its own. See _macros.yml. -#}

{#- The contract of a dataset as the dbt source carries it; nothing while dbt only parses. -#}
{% macro contract_of(dataset) -%}
    {%- set table = dataset | replace('.', '__') -%}
    {%- set found = namespace(contract=none) -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'raw' and node.name == table -%}
            {%- set columns = [] -%}
            {%- set fields = {} -%}
            {%- set types = {} -%}
            {%- for column in node.columns.values() if column.config.meta.field -%}
                {%- do fields.update({column.name: column.config.meta.field}) -%}
                {%- do types.update({column.config.meta.field: column.config.meta.type}) -%}
                {%- do columns.append({
                    'header': column.name,
                    'field': column.config.meta.field,
                    'type': column.config.meta.type,
                    'list': column.config.meta.list,
                }) -%}
            {%- endfor -%}
            {%- set found.contract = {
                'columns': columns,
                'fields': fields,
                'types': types,
                'roles': node.config.meta.roles,
                'bureau': node.config.meta.bureau,
            } -%}
        {%- endfor -%}
        {%- if found.contract is none -%}
            {{ exceptions.raise_compiler_error("No source raw." ~ table ~ ": activate its contract and run `make generate`.") }}
        {%- endif -%}
    {%- endif -%}
    {{- return(found.contract) -}}
{%- endmacro %}

{#- The headers of columns in which a role keeps a person's name. -#}
{% macro _name_headers(contract) -%}
    {%- set headers = [] -%}
    {%- for role in contract.roles.values() -%}
        {%- for field, header in role.items() if field == 'name' or field.endswith('_name') -%}
            {%- do headers.append(header) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(headers | unique | list) -}}
{%- endmacro %}

{% macro _suffixed(fields, suffix) -%}
    {%- set names = [] -%}
    {%- for field in fields -%}{%- do names.append(field ~ suffix) -%}{%- endfor -%}
    {{- return(names) -}}
{%- endmacro %}

{#- Distinct texts of several columns of a CTE. -#}
{% macro _distinct_texts(cte, columns) -%}
    {%- for column in columns %}
    select distinct {{ column }} as text from {{ cte }} where {{ column }} is not null
    {%- if not loop.last %}
    union
    {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#-
    A key for each distinct text of `texts` that sounds alike: letters of its characters' readings, without tones. The
    first character is read as a surname. What has no reading stands for itself.
-#}
{% macro name_resolution(texts) -%}
    {%- set longest = 40 -%}
    select
        spelled.text,
        spelled.norm,
        {{ string_join('spelled.reading', '', 'spelled.position nulls last') }} as name_key
    from (
        select
            normed.text,
            normed.norm,
            places.position,
            lower(
                coalesce(
                    case when places.position = 1 then pinyin.surname_reading end,
                    pinyin.reading,
                    substr(normed.norm, places.position, 1)
                )
            ) as reading
        from (
            select
                text,
                {{ name_norm('text') }} as norm
            from {{ texts }}
        ) as normed
        inner join (
            {%- for position in range(1, longest + 1) %}
            select {{ position }} as position{{ ' union all' if not loop.last }}
            {%- endfor %}
        ) as places
            on places.position <= length(normed.norm)
        left join {{ ref('pinyin') }} as pinyin
            on substr(normed.norm, places.position, 1) = pinyin.character
    ) as spelled
    group by spelled.text, spelled.norm
{%- endmacro %}

{#- The code in the one list for each distinct (list, text) of `texts`; Excel's 1 is 01 where the list has two digits. -#}
{% macro code_resolution(texts) -%}
    select
        texts.list,
        texts.text,
        coalesce(exact.unified_code, padded.unified_code) as code
    from {{ texts }} as texts
    left join {{ ref('code_list') }} as exact
        on texts.list = exact.list and texts.text = exact.code
    left join {{ ref('code_list') }} as padded
        on texts.list = padded.list and concat('0', texts.text) = padded.code
{%- endmacro %}

{#- What came in a column, written one way; nothing for text, which is only trimmed. -#}
{% macro _typed_text(column) -%}
    {%- set writers = {
        'id_number': id_text,
        'date': date_text,
        'yyyymm': date_text,
        'integer': number_text,
        'decimal': number_text,
        'code': code_text,
        'division12': division_text,
        'division6': division_text,
        'phone': phone_text,
    } -%}
    {%- if column.type in writers -%}
        {{- writers[column.type](column.field) -}}
    {%- elif column.type != 'text' -%}
        {{ exceptions.raise_compiler_error("Column " ~ column.header ~ " has type " ~ column.type ~ ", which staging does not know.") }}
    {%- endif -%}
{%- endmacro %}

{#- The columns that one column of a contract becomes. -#}
{% macro _staged_columns(column, is_name) -%}
    {%- set field = column.field -%}
    {%- set came = 'valued.' ~ field -%}
    {%- set text = came ~ '__text' -%}
    {%- set value = came ~ '__value' -%}
    {%- if is_name -%}
    {{ trimmed(came) }} as {{ field }},
    {{ field }}__name.norm as {{ field }}_norm,
    {{ field }}__name.name_key as {{ field }}_key
    {%- elif column.type == 'text' -%}
    {{ trimmed(came) }} as {{ field }}
    {%- elif column.type == 'id_number' -%}
    {{ id_value(came ~ '__long', came ~ '__status') }} as {{ field }},
    {{ came }} as {{ field }}_raw,
    {{ came }}__status as {{ field }}_status
    {%- elif column.type == 'phone' -%}
    {{ phone_value(text) }} as {{ field }},
    {{ came }} as {{ field }}_raw
    {%- elif column.type == 'code' -%}
    {%- set code = field ~ '__code.code' if column.list else text -%}
    {{ code }} as {{ field }},
    {{ came }} as {{ field }}_raw,
    case
        when {{ text }} is null then 'missing'
        when {{ code }} is null then 'unknown_code'
        else 'ok'
    end as {{ field }}_status
    {%- elif column.type == 'division12' -%}
    coalesce({{ field }}__division.code, {{ unallocated_community_of_city() }}) as {{ field }},
    {{ came }} as {{ field }}_raw,
    coalesce({{ field }}__division.status, 'missing') as {{ field }}_status
    {%- elif column.type == 'division6' -%}
    {{ field }}__division.code as {{ field }},
    {{ came }} as {{ field }}_raw,
    coalesce({{ field }}__division.status, 'missing') as {{ field }}_status
    {%- else -%}
    {{ value }} as {{ field }},
    {{ came }} as {{ field }}_raw,
    case
        when {{ said(text, zero=column.type in ('date', 'yyyymm')) }} is null then 'missing'
        when {{ value }} is null then 'unreadable'
        else 'ok'
    end as {{ field }}_status
    {%- endif -%}
{%- endmacro %}

{#- The whole staging model of a dataset. -#}
{% macro stage(dataset) -%}
    {%- set raw = source('raw', dataset | replace('.', '__')) -%}
    {%- set record_ref = source('raw', 'record_ref') -%}
    {%- set fate = ref('stg_raw__row_fate') -%}
    {%- set seeds = [
        ref('code_list'), ref('pinyin'), ref('division'), ref('division_region'), ref('division_successor'), ref('province')
    ] -%}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}{{ _stage(dataset, contract, raw, record_ref, fate) }}{%- endif -%}
{%- endmacro %}

{% macro _stage(dataset, contract, raw, record_ref, fate) -%}
    {%- set name_headers = _name_headers(contract) -%}
    {%- set columns = contract.columns | rejectattr('field', 'equalto', 'record_key') | list -%}
    {%- set names = columns | selectattr('header', 'in', name_headers) | map(attribute='field') | list -%}
    {%- set codes = columns | selectattr('type', 'equalto', 'code') | selectattr('list') | list -%}
    {%- set divisions12 = columns | selectattr('type', 'equalto', 'division12') | map(attribute='field') | list -%}
    {%- set divisions6 = columns | selectattr('type', 'equalto', 'division6') | map(attribute='field') | list -%}
    {%- set ids = columns | selectattr('type', 'equalto', 'id_number') | map(attribute='field') | list -%}
with staged as (
    select
        raw._record_key as record_key,
        record_ref.record_ref,
        raw._delivery,
        raw._file,
        raw._row
        {%- for column in columns %},
        raw.{{ adapter.quote(column.header) }} as {{ column.field }}
        {%- endfor %}
    from {{ raw }} as raw
    inner join {{ fate }} as fate
        on
            raw._delivery = fate._delivery
            and raw._file = fate._file
            and raw._row = fate._row
            and fate.dataset = '{{ dataset }}'
            and fate.fate = 'staged'
    left join {{ record_ref }} as record_ref
        on raw._record_key = record_ref.record_key and record_ref.dataset = '{{ dataset }}'
),

written as (
    select
        staged.*
        {%- for column in columns %}
        {%- set text = _typed_text(column) -%}
        {%- if text %},
        {{ text }} as {{ column.field }}__text
        {%- endif %}
        {%- endfor %}
    from staged
),

long_form as (
    select
        written.*
        {%- for field in ids %},
        {{ id_long_form(field ~ '__text') }} as {{ field }}__long
        {%- endfor %}
    from written
),

valued as (
    select
        long_form.*
        {%- for column in columns %}
        {%- set field = column.field -%}
        {%- set text = field ~ '__text' -%}
        {%- if column.type == 'id_number' %},
        {{ id_status(field, text, field ~ '__long') }} as {{ field }}__status
        {%- elif column.type == 'date' %},
        {{ date_value(text) }} as {{ field }}__value
        {%- elif column.type == 'yyyymm' %},
        {{ month_value(text) }} as {{ field }}__value
        {%- elif column.type == 'integer' %},
        {{ integer_value(text) }} as {{ field }}__value
        {%- elif column.type == 'decimal' %},
        {{ decimal_value(text) }} as {{ field }}__value
        {%- endif %}
        {%- endfor %}
    from long_form
)
{%- if names %},

name_text as (
    {{- _distinct_texts('staged', names) }}
),

name_value as (
    {{ name_resolution('name_text') }}
)
{%- endif %}
{%- if codes %},

code_text as (
    {%- for column in codes %}
    select distinct
        '{{ column.list }}' as list,
        {{ column.field }}__text as text
    from written
    where {{ column.field }}__text is not null
    {%- if not loop.last %}
    union
    {%- endif -%}
    {%- endfor %}
),

code_value as (
    {{ code_resolution('code_text') }}
)
{%- endif %}
{%- for kind, fields in [('12', divisions12), ('6', divisions6)] if fields %},

division{{ kind }}_text as (
    {{- _distinct_texts('written', _suffixed(fields, '__text')) }}
),

division{{ kind }}_value as (
    {{ division12_resolution('division12_text') if kind == '12' else division6_resolution('division6_text') }}
)
{%- endfor %}

select
    valued.record_key,
    valued.record_ref,
    valued._delivery,
    valued._file,
    valued._row
    {%- for column in columns %},
    {{ _staged_columns(column, column.field in names) }}
    {%- endfor %}
from valued
{%- for field in names %}
left join name_value as {{ field }}__name
    on valued.{{ field }} = {{ field }}__name.text
{%- endfor %}
{%- for column in codes %}
left join code_value as {{ column.field }}__code
    on {{ column.field }}__code.list = '{{ column.list }}' and valued.{{ column.field }}__text = {{ column.field }}__code.text
{%- endfor %}
{%- for kind, fields in [('12', divisions12), ('6', divisions6)] %}
{%- for field in fields %}
left join division{{ kind }}_value as {{ field }}__division
    on valued.{{ field }}__text = {{ field }}__division.text
{%- endfor %}
{%- endfor %}
{%- endmacro %}

{#-
    What became of each applied row of a dataset; the rules stand in stg_raw__row_fate.yml. Within a delivery rows are
    in order of file and row. `chapter` counts the deletions of a key so far: what a deletion ended does not conflict
    with what comes after it.
-#}
{% macro row_fate(dataset) -%}
    {%- set raw = source('raw', dataset | replace('.', '__')) -%}
    {%- set key_order = 'partition by _delivery, record_key order by position nulls last, _row nulls last' -%}
    select
        '{{ dataset }}' as dataset,
        _delivery,
        _file,
        _row,
        record_key,
        fate
    from (
        with numbered as (
            select
                raw._delivery,
                raw._file,
                raw._row,
                raw._record_key as record_key,
                raw._content_hash as content_hash,
                coalesce(raw._change = 'D', false) as is_deletion,
                delivery.apply_order,
                delivery_file.position
            from {{ raw }} as raw
            inner join {{ source('raw', 'delivery') }} as delivery
                on raw._delivery = delivery.delivery and delivery.is_applied
            inner join {{ source('raw', 'delivery_file') }} as delivery_file
                on raw._delivery = delivery_file.delivery and raw._file = delivery_file.file
        ),

        chaptered as (
            select
                numbered.*,
                row_number() over ({{ key_order }}) as place,
                sum(case when is_deletion then 1 else 0 end) over (
                    {{ key_order }} rows between unbounded preceding and current row
                ) as deletions,
                sum(case when is_deletion then 0 else 1 end) over (
                    {{ key_order }} rows between unbounded preceding and current row
                ) as contents,
                sum(case when is_deletion then 1 else 0 end) over (
                    partition by _delivery, record_key
                ) as all_deletions
            from numbered
        ),

        compared as (
            select
                chaptered.*,
                row_number() over (
                    partition by
                        _delivery, record_key, content_hash, is_deletion,
                        case when is_deletion then contents else deletions end
                    order by place nulls last
                ) as occurrence,
                max(place) over (
                    partition by _delivery, record_key, content_hash, is_deletion, deletions
                ) as last_place_of_content,
                max(case when not is_deletion and deletions = all_deletions then place end) over (
                    partition by _delivery, record_key
                ) as last_place
            from chaptered
        ),

        within_delivery as (
            select
                compared.*,
                case
                    when occurrence > 1 then 'repeated'
                    when is_deletion or deletions < all_deletions then 'deleted'
                    when last_place_of_content < last_place then 'key_conflict'
                    else 'winner'
                end as fate_within
            from compared
        ),
        {#- What each delivery does first to a key that was there before: a deletion, or a new content. #}
        touches as (
            select
                record_key,
                apply_order,
                max(case when place = 1 and is_deletion then 1 else 0 end) as begins_with_deletion
            from chaptered
            group by record_key, apply_order
        ),

        next_touches as (
            select
                record_key,
                apply_order,
                lead(apply_order) over (partition by record_key order by apply_order nulls last) as next_order,
                lead(begins_with_deletion) over (
                    partition by record_key order by apply_order nulls last
                ) as next_begins_with_deletion
            from touches
        ),

        next_fulls as (
            select
                earlier.apply_order,
                min(later.apply_order) as full_order
            from {{ source('raw', 'delivery') }} as earlier
            inner join {{ source('raw', 'delivery') }} as later
                on
                    earlier.dataset = later.dataset
                    and later.apply_order > earlier.apply_order
                    and later.mode = 'full'
                    and later.is_applied
            where earlier.is_applied and earlier.dataset = '{{ dataset }}'
            group by earlier.apply_order
        )

        select
            within_delivery._delivery,
            within_delivery._file,
            within_delivery._row,
            within_delivery.record_key,
            case
                when within_delivery.fate_within <> 'winner' then within_delivery.fate_within
                when next_fulls.full_order <= coalesce(next_touches.next_order, next_fulls.full_order) then 'superseded'
                when next_touches.next_begins_with_deletion = 1 then 'deleted'
                when next_touches.next_order is not null then 'superseded'
                else 'staged'
            end as fate
        from within_delivery
        left join next_touches
            on
                within_delivery.record_key = next_touches.record_key
                and within_delivery.apply_order = next_touches.apply_order
        left join next_fulls
            on within_delivery.apply_order = next_fulls.apply_order
    ) as {{ dataset | replace('.', '__') }}
{%- endmacro %}

{#- The mentions of people in a dataset's rows: one SELECT a role, all with the same columns. -#}
{% macro mentions(dataset) -%}
    {%- set staged = ref('stg_' ~ dataset | replace('.', '__')) -%}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
        {%- for name, role in contract.roles.items() %}
    {{ _mention(dataset, name, role, contract, staged) }}
            {%- if not loop.last %}
    union all
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro _mention(dataset, role_name, role, contract, staged) -%}
    {%- set field = {} -%}
    {%- for person_field, header in role.items() if header in contract.fields -%}
        {%- do field.update({person_field: contract.fields[header]}) -%}
    {%- endfor -%}
    select
        '{{ dataset }}' as dataset,
        record_key,
        '{{ role_name }}' as role,
        record_ref,
        _delivery,
        _file,
        _row,
        {{ _person_column(field, 'name') }},
        {{ _person_column(field, 'name', '_norm') }},
        {{ _person_column(field, 'name', '_key') }},
        {% if role.sex is defined and role.sex.startswith('=') -%}
        '{{ role.sex[1:] }}'
        {%- elif field.sex is defined -%}
        case when {{ field.sex }} in ('1', '2') then {{ field.sex }} end
        {%- else -%}
        cast(null as string)
        {%- endif %} as sex,
        {{ _person_column(field, 'birth_date', type='date') }},
        {{ _person_column(field, 'id_number') }},
        {{ _person_column(field, 'id_number', '_raw') }},
        {{ _person_column(field, 'id_number', '_status') }},
        {{ _person_column(field, 'phone') }},
        {{ _person_column(field, 'ethnicity') }},
        {{ _person_column(field, 'division', name='division_code') }},
        {{ _person_column(field, 'division', '_status') }},
        {{ _person_column(field, 'hukou_division') }},
        {{ _person_column(field, 'hukou_division', '_status') }},
        {{ _person_column(field, 'mother_name') }},
        {{ _person_column(field, 'mother_name', '_key') }},
        {{ _person_column(field, 'mother_id_number') }},
        {{ _person_column(field, 'guardian_name') }},
        {{ _person_column(field, 'guardian_name', '_key') }},
        {{ _person_column(field, 'guardian_id_number') }},
        {{ _person_column(field, 'household_key') }}
    from {{ staged }}
    where
        {{ field.name }} is not null
        {%- if field.id_number is defined %}
        or {{ field.id_number }}_status <> 'missing'
        {%- endif %}
        {%- if field.birth_date is defined %}
        or {{ field.birth_date }}_status <> 'missing'
        {%- endif %}
{%- endmacro %}

{#- A person field of a role from its staging column, or a null of its type where the role has none. -#}
{% macro _person_column(fields, field, suffix='', type='string', name=none) -%}
    {%- if field in fields -%}
        {{ fields[field] ~ suffix }} as {{ name or field ~ suffix }}
    {%- else -%}
        cast(null as {{ type }}) as {{ name or field ~ suffix }}
    {%- endif -%}
{%- endmacro %}
