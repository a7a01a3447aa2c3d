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
                    'required': column.config.meta.required,
                    'level': column.config.meta.get('level'),
                    'is_key': column.name in node.config.meta.key,
                    'unit_for': column.config.meta.get('unit_for'),
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
            {{ exceptions.raise_compiler_error(
                "No source raw." ~ table ~ ": activate its contract and run `make generate`."
            ) }}
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

{#-
    The distinct texts of columns of one kind; of codes with the list that each belongs to. They are taken from raw, one
    column at a time, and not from the rows in force: those are so read once only, and flow through. Of `deliveries`
    only, if given.
-#}
{% macro _distinct_texts(columns, raw, deliveries=none) -%}
    {%- for column in columns %}
    select distinct
        {%- if column.kind == 'code' %}
        '{{ column.list or _no_list() }}' as list,
        {%- endif %}
        {{ adapter.quote(column.header) }} as text
    from {{ raw }}
    where
        {{ adapter.quote(column.header) }} is not null
        {%- if deliveries is not none %}
        and {{ is_of_deliveries(deliveries) }}
        {%- endif %}
    {%- if not loop.last %}
    union
    {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- The distinct names that a dataset's records hold, in whatever role; of `deliveries` only, if given. -#}
{% macro name_texts(dataset, deliveries=none) -%}
    {%- set raw = source('raw', dataset | replace('.', '__')) -%}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
    {{ _distinct_texts(contract.columns | selectattr('header', 'in', _name_headers(contract)) | list, raw, deliveries) }}
    {%- endif -%}
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

{#- The code in the one list for each distinct (list, text); Excel's 1 is 01 where the list has two digits. -#}
{% macro code_resolution(texts) -%}
    select
        written.list,
        written.text,
        case
            when written.list = '{{ _no_list() }}' then written.code_text
            else coalesce(exact.unified_code, padded.unified_code)
        end as code,
        case
            when written.code_text is null then 'missing'
            when written.list = '{{ _no_list() }}' then 'ok'
            when coalesce(exact.unified_code, padded.unified_code) is null then 'unknown_code'
            else 'ok'
        end as status
    from (
        select
            list,
            text,
            {{ code_text('text') }} as code_text
        from {{ texts }}
    ) as written
    left join {{ ref('code_list') }} as exact
        on written.list = exact.list and written.code_text = exact.code
    left join {{ ref('code_list') }} as padded
        on written.list = padded.list and '0' || written.code_text = padded.code
{%- endmacro %}

{#- Stands for the list of a column of codes whose contract names none: any code is one. -#}
{% macro _no_list() -%}
    {{- return('-') -}}
{%- endmacro %}

{#- The whole number for each distinct text. -#}
{% macro integer_resolution(texts) -%}
    select
        valued.text,
        valued.value,
        case
            when {{ said('valued.number_text', zero=false) }} is null then 'missing'
            when valued.value is null then 'unreadable'
            else 'ok'
        end as status
    from (
        select
            written.text,
            written.number_text,
            {{ integer_value('written.number_text') }} as value
        from (
            select
                text,
                {{ number_text('text') }} as number_text
            from {{ texts }}
        ) as written
    ) as valued
{%- endmacro %}

{#- The date, or first day of the month, for each distinct text. -#}
{% macro date_resolution(texts, of_months=false) -%}
    select
        valued.text,
        valued.value,
        case
            when {{ said('valued.date_text') }} is null then 'missing'
            when valued.value is null then 'unreadable'
            else 'ok'
        end as status
    from (
        select
            written.text,
            written.date_text,
            {{ month_value('written.date_text') if of_months else date_value('written.date_text') }} as value
        from (
            select
                text,
                {{ date_text('text') }} as date_text
            from {{ texts }}
        ) as written
    ) as valued
{%- endmacro %}

{#- The types whose texts are few: each is resolved once, then joined. Of the rest most texts differ. -#}
{% macro _resolutions() -%}
    {{- return({
        'code': code_resolution,
        'date': date_resolution,
        'yyyymm': date_resolution,
        'integer': integer_resolution,
        'division12': division12_resolution,
        'division6': division6_resolution,
    }) -}}
{%- endmacro %}

{#- The value of a column whose texts are resolved once each. -#}
{% macro _found_value(column) -%}
    {%- set found = column.field ~ '__found' -%}
    {%- if column.kind == 'division12' -%}
    coalesce({{ found }}.code, {{ unallocated_community_of_city() }})
    {%- elif column.kind in ('date', 'yyyymm', 'integer') -%}
    {{ found }}.value
    {%- else -%}
    {{ found }}.code
    {%- endif -%}
{%- endmacro %}

{#-
    Where the unit of each distinct text is. Bureaus write a unit's code as the list of units does, or as Excel left it;
    one whose own division is not known stands in for nothing.
-#}
{% macro _unit_places(texts, units) -%}
    select
        texts.text,
        min(units.division) as code
    from {{ texts }} as texts
    inner join {{ units }} as units
        on
            {{ code_text('texts.text') }} = {{ code_text('units.unit_code') }}
            and units.division_status not in ('unknown', 'missing')
    group by texts.text
{%- endmacro %}

{#- The columns that one column of a contract becomes. -#}
{% macro _staged_columns(column) -%}
    {%- set field = column.field -%}
    {%- set came = 'valued.' ~ field -%}
    {%- set found = field ~ '__found' -%}
    {%- if column.kind == 'name' -%}
    {{ trimmed(came) }} as {{ field }},
    {{ found }}.norm as {{ field }}_norm,
    {{ found }}.name_key as {{ field }}_key
    {%- elif column.kind == 'text' -%}
    {{ trimmed(came) }} as {{ field }}
    {%- elif column.kind == 'id_number' -%}
    {{ id_value(came ~ '__long', came ~ '__digits', came ~ '__status') }} as {{ field }},
    {{ came }} as {{ field }}_raw,
    {{ came }}__status as {{ field }}_status
    {%- elif column.kind == 'phone' -%}
    {{ phone_value(came ~ '__text') }} as {{ field }},
    {{ came }} as {{ field }}_raw
    {%- elif column.kind == 'decimal' -%}
    {{ came }}__value as {{ field }},
    {{ came }} as {{ field }}_raw,
    case
        when {{ said(came ~ '__text', zero=false) }} is null then 'missing'
        when {{ came }}__value is null then 'unreadable'
        else 'ok'
    end as {{ field }}_status
    {%- else -%}
    {%- set stands_in = field ~ '__unit.code' -%}
    {%- set is_from_unit = "coalesce(" ~ found ~ ".status, 'missing') = 'missing' and " ~ stands_in ~ " is not null" -%}
    {%- if column.unit -%}
    case when {{ is_from_unit }} then {{ stands_in }} else {{ _found_value(column) }} end as {{ field }},
    {%- else -%}
    {{ _found_value(column) }} as {{ field }},
    {%- endif %}
    {{ came }} as {{ field }}_raw,
    {% if column.unit -%}
    case when {{ is_from_unit }} then 'from_unit' else coalesce({{ found }}.status, 'missing') end
    {%- else -%}
    coalesce({{ found }}.status, 'missing')
    {%- endif %} as {{ field }}_status
    {%- endif -%}
{%- endmacro %}

{#-
    The whole staging model of a dataset; `has_units` where its contract has a column with units' codes. A build that
    goes on from the one before takes up the records that changed, and nothing where none did.
-#}
{% macro stage(dataset, has_units=false) -%}
    {{- config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{{ forget_changed_records('" ~ dataset ~ "') }}",
    ) -}}
    {%- set changed = ref('stg_raw__changed_record') -%}
    {%- set renewals = renewals() -%}
    {%- set raw = source('raw', dataset | replace('.', '__')) -%}
    {%- set record_ref = source('raw', 'record_ref') -%}
    {%- set fate = ref('stg_raw__row_fate') -%}
    {%- set names = ref('stg_raw__name') -%}
    {#- dbt learns what a model reads when it parses, and then contracts are not at hand: so name all seeds here. -#}
    {%- set seeds = [
        ref('code_list'), ref('division'), ref('division_region'), ref('division_successor'),
        ref('province'),
    ] -%}
    {%- set units = ref('stg_ref__unit') if has_units else none -%}
    {%- set contract = contract_of(dataset) -%}
    {%- set deliveries = rows_in_force_of_changed(dataset, renewals) -%}
    {%- if execute and not is_incremental() -%}
        {{- _stage(dataset, contract, raw, record_ref, fate, names, units) -}}
    {%- elif execute and deliveries -%}
        {{- _stage(dataset, contract, raw, record_ref, fate, names, units, changed, deliveries) -}}
    {%- elif execute -%}
select *
from {{ this }}
where false
    {%- endif -%}
{%- endmacro %}

{#- The columns of a contract besides its key, each with the kind of value that staging takes it for. -#}
{% macro _columns_by_kind(contract) -%}
    {%- set kinds = ['text', 'name', 'id_number', 'phone', 'decimal'] + _resolutions() | list -%}
    {%- set names = _name_headers(contract) -%}
    {%- set units = {} -%}
    {%- for column in contract.columns if column.unit_for -%}
        {%- do units.update({column.unit_for: column}) -%}
    {%- endfor -%}
    {%- set columns = [] -%}
    {%- for column in contract.columns if column.field != 'record_key' -%}
        {%- if column.type not in kinds -%}
            {{ exceptions.raise_compiler_error(
                "Column " ~ column.header ~ " has type " ~ column.type ~ ", which staging does not know."
            ) }}
        {%- endif -%}
        {%- do columns.append(
            dict(column, kind='name' if column.header in names else column.type, unit=units.get(column.field))
        ) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}

{#- With `changed`, only the records named there are staged, from rows of `deliveries`. -#}
{% macro _stage(dataset, contract, raw, record_ref, fate, names, units, changed=none, deliveries=none) -%}
    {%- set columns = _columns_by_kind(contract) -%}
    {%- set resolutions = _resolutions() -%}
    {%- if changed -%}
with arrived as (
    select
        raw.*,
        changed.record_ref
    from {{ raw }} as raw
    inner join {{ changed }} as changed
        on raw._record_key = changed.record_key and changed.dataset = '{{ dataset }}'
    where {{ is_of_deliveries(deliveries) }}
),
    {%- set raw = 'arrived' %}

staged as (
    {%- else -%}
with staged as (
    {%- endif %}
    select
        raw._record_key as record_key,
        {{ 'raw' if changed else 'record_ref' }}.record_ref,
        raw._delivery,
        raw._file,
        raw._row
        {%- for column in columns %},
        raw.{{ adapter.quote(column.header) }} as {{ column.field }}
        {%- endfor %}
    from {{ raw }} as raw
    left join {{ fate }} as fate
        on
            raw._delivery = fate._delivery
            and raw._file = fate._file
            and raw._row = fate._row
            and fate.dataset = '{{ dataset }}'
    {%- if not changed %}
    left join {{ record_ref }} as record_ref
        on raw._record_key = record_ref.record_key and record_ref.dataset = '{{ dataset }}'
    {%- endif %}
    where fate.fate is null
),

written as (
    select
        staged.*
        {%- for column in columns %}
        {%- if column.kind == 'id_number' %},
        {{ id_text(column.field) }} as {{ column.field }}__text
        {%- elif column.kind == 'phone' %},
        {{ phone_text(column.field) }} as {{ column.field }}__text
        {%- elif column.kind == 'decimal' %},
        {{ number_text(column.field) }} as {{ column.field }}__text
        {%- endif %}
        {%- endfor %}
    from staged
),

lengthened as (
    select
        written.*
        {%- for column in columns if column.kind == 'id_number' %},
        {{ id_long_form(column.field ~ '__text') }} as {{ column.field }}__long
        {%- endfor %}
    from written
),

digited as (
    select
        lengthened.*
        {%- for column in columns if column.kind == 'id_number' %},
        {{ id_digits(column.field ~ '__long') }} as {{ column.field }}__digits
        {%- endfor %}
    from lengthened
),

valued as (
    select
        digited.*
        {%- for column in columns %}
        {%- set field = column.field -%}
        {%- if column.kind == 'id_number' %},
        {{ id_status(field, field ~ '__text', field ~ '__long', field ~ '__digits') }} as {{ field }}__status
        {%- elif column.kind == 'decimal' %},
        {{ decimal_value(field ~ '__text') }} as {{ field }}__value
        {%- endif %}
        {%- endfor %}
    from digited
)
{%- for kind, resolution in resolutions.items() %}
{%- set alike = columns | selectattr('kind', 'equalto', kind) | list -%}
{%- if alike %},

{{ kind }}_text as (
    {{- _distinct_texts(alike, raw) }}
),

{{ kind }}_found as (
    {{ resolution(kind ~ '_text', of_months=true) if kind == 'yyyymm' else resolution(kind ~ '_text') }}
)
{%- endif %}
{%- endfor %}
{%- for column in columns if column.unit %},

{{ column.field }}_unit_text as (
    select distinct {{ adapter.quote(column.unit.header) }} as text
    from {{ raw }}
    where {{ adapter.quote(column.unit.header) }} is not null
),

{{ column.field }}_unit as (
    {{ _unit_places(column.field ~ '_unit_text', units) }}
)
{%- endfor %}

select
    valued.record_key,
    valued.record_ref,
    valued._delivery,
    valued._file,
    valued._row
    {%- for column in columns %},
    {{ _staged_columns(column) }}
    {%- endfor %}
from valued
{%- for column in columns if column.kind in resolutions %}
left join {{ column.kind }}_found as {{ column.field }}__found
    on
        valued.{{ column.field }} = {{ column.field }}__found.text
        {%- if column.kind == 'code' %}
        and {{ column.field }}__found.list = '{{ column.list or _no_list() }}'
        {%- endif %}
{%- endfor %}
{%- for column in columns if column.kind == 'name' %}
left join {{ names }} as {{ column.field }}__found
    on valued.{{ column.field }} = {{ column.field }}__found.text
{%- endfor %}
{%- for column in columns if column.unit %}
left join {{ column.field }}_unit as {{ column.field }}__unit
    on valued.{{ column.unit.field }} = {{ column.field }}__unit.text
{%- endfor %}
{%- endmacro %}

{#-
    What became of the applied rows of a dataset that are not in force; the rules stand in stg_raw__row_fate.yml. Within
    a delivery rows are in order of file and row.

    A full delivery ends all that was said before it, so deliveries fall into epochs, each from a full one to the next.
    Almost every key occurs once in its epoch, and then nothing needs to be compared: one aggregate finds the others.
    Of those, `chapter` counts the deletions of a key so far: what a deletion ended does not conflict with what comes
    after it.

    With `deliveries`, only rows of these under keys that changed are looked at: a fate depends on the rows of its own
    key alone, and on which deliveries are full.
-#}
{% macro row_fate(dataset, deliveries=none) -%}
    {%- set raw = source('raw', dataset | replace('.', '__')) -%}
    {%- set changed = ref('stg_raw__changed_record') -%}
    {%- set key_order = 'partition by _delivery, record_key order by position nulls last, _row nulls last' -%}
    select
        '{{ dataset }}' as dataset,
        _delivery,
        _file,
        _row,
        record_key,
        fate
    from (
        {% if deliveries is not none -%}
        with at_stake as (
            select
                raw._delivery,
                raw._file,
                raw._row,
                raw._change,
                raw._record_key,
                raw._content_hash
            from {{ raw }} as raw
            inner join {{ changed }} as changed
                on raw._record_key = changed.record_key and changed.dataset = '{{ dataset }}'
            where {{ is_of_deliveries(deliveries) }}
        ),
        {%- set raw = 'at_stake' %}

        deliveries as (
        {%- else -%}
        with deliveries as (
        {%- endif %}
            select
                this.delivery,
                this.apply_order,
                coalesce(
                    max(case when other.apply_order <= this.apply_order then other.apply_order end), 0
                ) as epoch,
                coalesce(max(other.apply_order) > this.apply_order, false) as is_replaced
            from {{ source('raw', 'delivery') }} as this
            left join {{ source('raw', 'delivery') }} as other
                on
                    this.dataset = other.dataset
                    and other.is_applied
                    and other.mode = 'full'
            where this.is_applied and this.dataset = '{{ dataset }}'
            group by this.delivery, this.apply_order
        ),

        recurring as (
            select
                deliveries.epoch,
                raw._record_key as record_key
            from {{ raw }} as raw
            inner join deliveries
                on raw._delivery = deliveries.delivery
            group by deliveries.epoch, raw._record_key
            having count(*) > 1
        ),

        lone as (
            select
                raw._delivery,
                raw._file,
                raw._row,
                raw._record_key as record_key,
                case when raw._change = 'D' then 'deleted' else 'superseded' end as fate
            from {{ raw }} as raw
            inner join deliveries
                on raw._delivery = deliveries.delivery
            left join recurring
                on
                    deliveries.epoch = recurring.epoch
                    and raw._record_key = recurring.record_key
            where
                recurring.record_key is null
                and (deliveries.is_replaced or raw._change = 'D')
        ),

        numbered as (
            select
                raw._delivery,
                raw._file,
                raw._row,
                raw._record_key as record_key,
                raw._content_hash as content_hash,
                coalesce(raw._change = 'D', false) as is_deletion,
                deliveries.epoch,
                deliveries.apply_order,
                deliveries.is_replaced,
                delivery_file.position
            from {{ raw }} as raw
            inner join deliveries
                on raw._delivery = deliveries.delivery
            inner join recurring
                on
                    deliveries.epoch = recurring.epoch
                    and raw._record_key = recurring.record_key
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
                epoch,
                record_key,
                apply_order,
                max(case when place = 1 and is_deletion then 1 else 0 end) as begins_with_deletion
            from chaptered
            group by epoch, record_key, apply_order
        ),

        next_touches as (
            select
                record_key,
                apply_order,
                lead(apply_order) over (
                    partition by epoch, record_key order by apply_order nulls last
                ) as next_order,
                lead(begins_with_deletion) over (
                    partition by epoch, record_key order by apply_order nulls last
                ) as next_begins_with_deletion
            from touches
        ),

        settled as (
            select
                within_delivery._delivery,
                within_delivery._file,
                within_delivery._row,
                within_delivery.record_key,
                case
                    when within_delivery.fate_within <> 'winner' then within_delivery.fate_within
                    when next_touches.next_begins_with_deletion = 1 then 'deleted'
                    when next_touches.next_order is not null or within_delivery.is_replaced then 'superseded'
                end as fate
            from within_delivery
            left join next_touches
                on
                    within_delivery.record_key = next_touches.record_key
                    and within_delivery.apply_order = next_touches.apply_order
        )

        select
            _delivery,
            _file,
            _row,
            record_key,
            fate
        from settled
        where fate is not null
        union all
        select
            _delivery,
            _file,
            _row,
            record_key,
            fate
        from lone
    ) as {{ dataset | replace('.', '__') }}
{%- endmacro %}

{#-
    The mentions of people in a dataset's rows: one SELECT a role, all with the same columns. With `deliveries`, of the
    records that changed, whose rows in force stand in these.
-#}
{% macro mentions(dataset, deliveries=none) -%}
    {%- set changed = ref('stg_raw__changed_record') if deliveries is not none else none -%}
    {%- set staged = ref('stg_' ~ dataset | replace('.', '__')) -%}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
        {%- for name, role in contract.roles.items() %}
    {{ _mention(dataset, name, role, contract, staged, '', deliveries, changed) }}
            {%- if not loop.last %}
    union all
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
    The mentions of a dataset with the person that each is, and what the record says besides. Record and mention stand in
    one row of staging, and links are looked up a dataset and role at a time: joining all at once would sort tens of
    millions of texts.
-#}
{% macro linked_mentions(dataset, xref) -%}
    {%- set staged = ref('stg_' ~ dataset | replace('.', '__')) -%}
    {%- set facts = fact_columns(dataset) -%}
    {%- set contract = contract_of(dataset) -%}
    {%- if execute -%}
        {%- for name, role in contract.roles.items() %}
    select
        xref.person_id,
        mention.*
    from (
        {{ _mention(dataset, name, role, contract, staged, facts) }}
    ) as mention
    inner join {{ xref }} as xref
        on
            mention.record_ref = xref.record_ref
            and xref.dataset = '{{ dataset }}'
            and xref.role = '{{ name }}'
            {%- if not loop.last %}
    union all
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- `besides`: further columns. `deliveries`: of these only, and of records in `changed`. -#}
{% macro _mention(dataset, role_name, role, contract, staged, besides='', deliveries=none, changed=none) -%}
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
        {{ _person_column(field, 'household_key') }},
        {{ _person_column(field, 'employer') }}
        {{- ',\n        ' ~ besides if besides }}
    from {{ staged }}
    where
        {%- if deliveries is not none %}
        {{ is_of_deliveries(deliveries) }}
        and {{ is_one_of('record_key', 'select record_key from ' ~ changed ~ " where dataset = '" ~ dataset ~ "'") }}
        and {% endif %} (
            {{ field.name }}_norm is not null
            {%- if field.id_number is defined %}
            or {{ field.id_number }}_status <> 'missing'
            {%- endif %}
            {%- if field.birth_date is defined %}
            or {{ field.birth_date }}_status <> 'missing'
            {%- endif %}
        )
{%- endmacro %}

{#- A person field of a role from its staging column, or a null of its type where the role has none. -#}
{% macro _person_column(fields, field, suffix='', type='string', name=none) -%}
    {%- if field in fields -%}
        {{ fields[field] ~ suffix }} as {{ name or field ~ suffix }}
    {%- else -%}
        cast(null as {{ type }}) as {{ name or field ~ suffix }}
    {%- endif -%}
{%- endmacro %}
