{#
    What every rule says about what it found, in the columns that all rules share. Details hold no personal value: they
    name the kind of defect; the record is named by its surrogate, file and row.
    - rule_id: that of the model, without `rule_`; none where the row says it, in `rule_id`
    - about: alias of a row with dataset, bureau, record_ref, role, person_ref, division_code, file, row
    - discriminator: what tells two findings of one rule about one role of one record apart; enters the finding's id
#}
{% macro finding_columns(rule_id, about, detail_zh, detail_en, discriminator="''") %}
    {%- set said_by = "'" ~ rule_id ~ "'" if rule_id else about ~ '.rule_id' -%}
    {{ finding_id(said_by, about, discriminator) }} as finding_id,
    {{ said_by }} as rule_id,
    {% for column in ['dataset', 'bureau', 'record_ref', 'role', 'person_ref', 'division_code', 'file', 'row'] -%}
    {{ about }}.{{ column }},
    {% endfor -%}
    cast({{ discriminator }} as {{ dbt.type_string() }}) as discriminator,
    cast({{ detail_zh }} as {{ dbt.type_string() }}) as detail_zh,
    cast({{ detail_en }} as {{ dbt.type_string() }}) as detail_en
{% endmacro %}

{#
    The id of a finding: the same defect of the same record has the same in every build; nothing personal enters it.
    Arguments as finding_columns has them, but `rule_id` SQL.
#}
{% macro finding_id(rule_id, about, discriminator) -%}
    {{
        text_hash([
            rule_id,
            about ~ '.dataset',
            about ~ '.record_ref',
            about ~ '.role',
            discriminator,
        ])
    }}
{%- endmacro %}

{# The columns of a finding besides its id, in their order. #}
{% macro finding_fields() %}
    {{
        return([
            'rule_id', 'dataset', 'bureau', 'record_ref', 'role', 'person_ref', 'division_code', 'file', 'row',
            'detail_zh', 'detail_en'
        ])
    }}
{% endmacro %}

{# The models that find what the rules say; several rules may share one. A test holds this list to be all of them. #}
{% macro rule_models() %}
    {{ return(rule_catalogue() | map(attribute='model') | unique | sort) }}
{% endmacro %}

{# A text as a SQL literal of the engine. #}
{% macro text_literal(text) -%}
    {{ return(adapter.dispatch('text_literal', 'sijiku')(text)) }}
{%- endmacro %}

{% macro default__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{#
    Rows that are written down, as a relation without a name: one list of values to the engine, where a union would be as
    many queries, planned each for itself and on Spark again wherever the rows are read. `rows` are lists of SQL.
#}
{% macro written_rows(columns, rows) -%}
    (
        values
        {% for row in rows -%}
        ({{ row | join(', ') }}){{ ',' if not loop.last }}
        {% endfor -%}
    ) as written ({{ columns | join(', ') }})
{%- endmacro %}

{#
    The findings of a model, `model_name`, that finds for several rules: `about` is an alias as finding_columns has it,
    with `rule_id`. What they say is the name of the rule.
#}
{% macro named_findings(model_name, about, discriminator="''") %}
select
    {{
        finding_columns(
            none,
            about,
            name_of_rule(model_name, about, 'zh'),
            name_of_rule(model_name, about, 'en'),
            discriminator
        )
    }}
from {{ about }}
{% endmacro %}

{# The name of the rule of a row, among those that a model finds for. #}
{% macro name_of_rule(model_name, about, language) -%}
case {{ about }}.rule_id
    {% for rule in rule_catalogue() | selectattr('model', 'equalto', model_name) -%}
    when '{{ rule.rule_id }}' then {{ text_literal(rule['name_' ~ language]) }}
    {% endfor -%}
end
{%- endmacro %}

{# Where a record counts: the registration of a home there, any other where it says. `mention` is an alias. #}
{% macro place_of_record(mention) -%}
    case when {{ mention }}.is_registration then {{ mention }}.division_code else {{ mention }}.written_division_code end
{%- endmacro %}

{#
    Who stands in records: the body of a CTE with dataset, record_ref, role and person_ref. Records are few and mentioned
    tens of millions, but an engine that cannot know it would hold all that are mentioned in memory: coalesce keeps DuckDB
    from turning the look-up around. In touched records nobody stands who is not touched: theirs are the statements looked
    at, where nothing else is asked for.
    - records: a relation with record_ref
#}
{% macro people_in_records(records, statements=none) %}
    select
        mention.dataset,
        mention.record_ref,
        mention.role,
        person_ref.person_ref
    from (
        select
            dataset,
            record_ref,
            role,
            person_id
        from {{ statements or stated_of_touched(ref('int_person__attributes')) }} as attribute
        where coalesce(record_ref in (select record_ref from {{ records }} as asked), false)
    ) as mention
    inner join {{ source('identity', 'person_ref') }} as person_ref on mention.person_id = person_ref.person_id
{% endmacro %}
