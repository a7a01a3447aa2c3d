"""Write what is made of the rules of data quality: the macros by which dbt knows them, and their catalogue page.

    python scripts/make_rules.py

The rules are data, in dbt_project/rules/*.yml; docs/adr/0023-rules-as-data.md says how one is written.
`tests/dbt_project/test_rule_catalogue.py` fails when a made file is not what this writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sources.contract import Column, Contract, Role, load_contracts

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "dbt_project" / "rules"
MACROS = ROOT / "dbt_project" / "macros" / "rule_list.sql"
PAGE = ROOT / "docs" / "rules.md"

DIMENSIONS = {
    "规范性": "conformity to formats and lists",
    "完整性": "completeness",
    "准确性": "accuracy",
    "一致性": "consistency",
    "时效性": "timeliness",
    "可访问性": "accessibility",
}
KAHN = {"conformance": "规范", "completeness": "完整", "plausibility": "合理"}
SEVERITIES = {"error": "严重", "warn": "警告", "info": "提示"}
STAGED_AS_IT_CAME = ("text", "phone")
Row = dict[str, Any]


class Columns(BaseModel):
    """Each column of some types, in every dataset that is read: by itself a check of the rule.

    `without`: fields, or dataset.field, that the rule does not look at; `only`: the fields that it looks at.
    """

    model_config = ConfigDict(extra="forbid")
    types: list[str]
    without: list[str] = []
    only: list[str] = []
    datasets: list[str] = []


class People(BaseModel):
    """Each role of a person for whom the record has all of some fields: by itself a check of the rule.

    In the rule's SQL a field stands as `{{ birth_date }}`: the record's column for it differs from role to role.
    """

    model_config = ConfigDict(extra="forbid")
    needs: list[str]
    roles: list[str] = []
    without: list[str] = []


class Example(BaseModel):
    """What a rule finds and what it does not.

    Of a rule on records: rows of staging, `_dataset` where it is not the rule's first. Of a rule with a model: `given`
    is what its inputs hold, `wrong` and `right` name findings by `by`.
    """

    model_config = ConfigDict(extra="forbid")
    wrong: list[Any] = Field(min_length=1)
    right: list[Any] = Field(min_length=1)
    given: dict[str, list[Row]] = {}
    by: str = "record_ref"


class Rule(BaseModel):
    """One rule of data quality; see docs/adr/0023-rules-as-data.md.

    One of `records`, `columns`, `people` and `model` says where it looks. `records` gives to each dataset the role of
    whom the rule speaks, or, beside `role`, what its columns for the names in the rule's SQL are.
    `counted_over` says of a rule with a model what its denominator is: `all` mentions (of datasets about no people,
    rows), what was `expected`, or the people in some roles of some datasets.
    `applies` and `fails` are SQL over the dataset's staging beside `as_of`. What `fails` says of `delivered_on`, the
    extract date of the record's delivery, is asked only of records for which `may_fail` is true: that is SQL beside
    `first_delivered_on`, the first extract date from which records are in force.
    """

    model_config = ConfigDict(extra="forbid")
    rule_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = 1
    name_zh: str
    name_en: str
    dimension: Literal["规范性", "完整性", "准确性", "一致性", "时效性", "可访问性"]
    kahn: Literal["conformance", "completeness", "plausibility"]
    severity: Literal["error", "warn", "info"]
    threshold_rate: float | None
    threshold_count: int | None
    owner_bureau: str | None = None
    disclose_to: str = "bureau and area centre"
    reason_zh: str
    reason: str
    source: str
    records: dict[str, str | dict[str, str | None] | None] | None = None
    columns: Columns | None = None
    people: People | None = None
    model: str | None = None
    counted_over: Literal["all", "expected"] | dict[str, list[str]] = "all"
    applies: str = "true"
    fails: str | None = None
    may_fail: str | None = None
    detail_zh: str | None = None
    detail_en: str | None = None
    example: Example

    @model_validator(mode="after")
    def _looks_in_one_place(self) -> Rule:
        places = [self.records, self.columns, self.people, self.model]
        if sum(place is not None for place in places) != 1:
            raise ValueError(f"{self.rule_id}: say one of records, columns, people and model")
        if (self.fails is None) != (self.model is not None):
            raise ValueError(f"{self.rule_id}: a rule on records says what fails, one with a model leaves it to that")
        if "delivered_on" in self.applies or (re.search(r"\bdelivered_on", self.fails or "") and self.may_fail is None):
            raise ValueError(f"{self.rule_id}: what hangs on delivered_on is for `fails` alone, behind `may_fail`")
        if self.threshold_rate is None and self.threshold_count is None:
            raise ValueError(f"{self.rule_id}: a threshold in percent or in count")
        return self


def load_rules(folder: Path = RULES) -> list[Rule]:
    """All rules, by file and then as they stand there.

    Raises:
        ValueError: one id twice, or a rule that is not as Rule has it.
    """
    rules = [
        Rule.model_validate(rule)
        for path in sorted(folder.glob("*.yml"))
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    ]
    ids = [rule.rule_id for rule in rules]
    twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if twice:
        raise ValueError(f"rules that stand twice: {twice}")
    return rules


def checks_of(rule: Rule, contracts: Mapping[str, Contract]) -> Iterator[dict[str, Any]]:
    """Where a rule on records looks, one entry a scan: dataset, role, what tells its findings of a record apart.

    With what its SQL may name: `field` of a rule on columns, the role's columns of one on people.
    """
    if rule.records is not None:
        for dataset, said in rule.records.items():
            named = dict(said) if isinstance(said, dict) else {"role": said}
            role = named.pop("role")
            roles = {each.name for each in contracts[dataset].roles}
            if (role is None and roles) or (role is not None and role not in roles):
                raise ValueError(f"{rule.rule_id}: {dataset} has the roles {sorted(roles)}, not {role}")
            yield {"dataset": dataset, "role": role, "discriminator": "", "about_zh": "", "about_en": "", **named}
    elif rule.columns is not None:
        scope = rule.columns
        for dataset, contract in sorted(contracts.items()):
            if scope.datasets and dataset not in scope.datasets:
                continue
            for column in contract.columns:
                is_meant = column.type in scope.types and (not scope.only or column.field in scope.only)
                if is_meant and not {column.field, f"{dataset}.{column.field}"} & set(scope.without):
                    yield {
                        "dataset": dataset,
                        "role": _role_of(column, contract),
                        "discriminator": column.field,
                        "about_zh": f"：{column.header}",
                        "about_en": f": {column.field}",
                        "field": column.field,
                    }
    elif rule.people is not None:
        for dataset, contract in sorted(contracts.items()):
            for role in contract.roles:
                found = _columns_of(role, contract)
                if (
                    all(need in found for need in rule.people.needs)
                    and (not rule.people.roles or role.name in rule.people.roles)
                    and not {dataset, f"{dataset}.{role.name}"} & set(rule.people.without)
                ):
                    yield {
                        "dataset": dataset,
                        "role": role.name,
                        "discriminator": "",
                        "about_zh": "",
                        "about_en": "",
                        **{need: found[need] for need in rule.people.needs},
                    }


def _role_of(column: Column, contract: Contract) -> str | None:
    """The person whom a column describes: the first role that maps it; of what no role maps, the first of all."""
    for role in contract.roles:
        if column.header in role.fields.values():
            return role.name
    return contract.roles[0].name if contract.roles else None


def _columns_of(role: Role, contract: Contract) -> dict[str, str]:
    """A role's fields to the staging columns that hold them; what is the same for everybody is no column."""
    fields = {column.header: column.field for column in contract.columns}
    return {field: fields[header] for field, header in role.fields.items() if header in fields}


def _literal(value: Any) -> str:
    """A value as Jinja writes it."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


CATALOGUE_FIELDS = (
    "rule_id",
    "version",
    "name_zh",
    "name_en",
    "dimension",
    "kahn",
    "severity",
    "threshold_rate",
    "threshold_count",
    "owner_bureau",
    "disclose_to",
    "reason_zh",
    "reason",
    "source",
    "model",
    "counted_over",
)
RECORD_MODEL = "rule_on_records"


def made_macros(rules: Sequence[Rule], contracts: Mapping[str, Contract]) -> str:
    """The macros by which dbt knows the rules: their catalogue, and the checks of those on records."""
    parts = [
        "{# Made from dbt_project/rules by `python scripts/make_rules.py`: change those, then run it. #}",
        "{% macro rule_catalogue() %}",
        "    {{",
        "        return([",
    ]
    for rule in rules:
        said = rule.model_dump() | {"model": rule.model or RECORD_MODEL}
        if rule.model is None:
            said["counted_over"] = "records"
        parts.append("            {")
        parts += [f"                '{name}': {_literal(said[name])}," for name in CATALOGUE_FIELDS]
        parts.append("            },")
    parts += [
        "        ])",
        "    }}",
        "{% endmacro %}",
        "",
        "{% macro record_checks() %}",
        "    {%- set checks = [] -%}",
    ]
    for rule in rules:
        if rule.model is not None:
            continue
        checks = list(checks_of(rule, contracts))
        if not checks:
            raise ValueError(f"{rule.rule_id} looks nowhere")
        names = list(checks[0])[5:]
        parts.append("    {%- for each in [")
        for check in checks:
            parts.append(f"        {_literal(check)},")
        parts.append("    ] -%}")
        parts += [f"        {{%- set {name} = each.{name} -%}}" for name in names]
        parts.append("        {%- set applies -%}" + rule.applies.strip() + "{%- endset -%}")
        parts.append("        {%- set fails -%}" + str(rule.fails).strip() + "{%- endset -%}")
        parts.append("        {%- set may_fail -%}" + str(rule.may_fail or rule.fails).strip() + "{%- endset -%}")
        parts.append(
            "        {%- do checks.append(dict(each, "
            f"rule_id='{rule.rule_id}', applies=applies | trim, fails=fails | trim, may_fail=may_fail | trim, "
            f"detail_zh={_literal(rule.detail_zh or rule.name_zh)} ~ each.about_zh, "
            f"detail_en={_literal(rule.detail_en or rule.name_en)} ~ each.about_en)) -%}}"
        )
        parts.append("    {%- endfor -%}")
    parts += ["    {{- return(checks) -}}", "{% endmacro %}", ""]
    # A record that stands as it is may fail another day, or not any more, where a rule speaks of the build's own.
    by_day = [rule for rule in rules if rule.model is None and re.search(r"\bas_of\b", f"{rule.applies} {rule.fails}")]
    parts += ["{% macro rules_of_the_day() %}", "    {{", "        return(["]
    parts += [f"            '{rule.rule_id}'," for rule in by_day]
    parts += ["        ])", "    }}", "{% endmacro %}", ""]
    return "\n".join(parts)


def _threshold(rule: Rule) -> str:
    parts = []
    if rule.threshold_rate is not None:
        parts.append(f"{rule.threshold_rate * 100:g}%")
    if rule.threshold_count is not None:
        parts.append(f"{rule.threshold_count} 条")
    return " / ".join(parts)


def _where(rule: Rule, contracts: Mapping[str, Contract]) -> str:
    """The datasets that a rule looks at, by name."""
    if rule.counted_over == "expected":
        return "应有的对应记录 records expected"
    if rule.model is not None and not isinstance(rule.counted_over, dict):
        return "全部数据集 all datasets"
    if isinstance(rule.counted_over, dict):
        names = list(rule.counted_over)
    else:
        names = list(dict.fromkeys(check["dataset"] for check in checks_of(rule, contracts)))
    if len(names) > 4:
        return f"{len(names)} 个数据集 datasets"
    return "、".join(f"{contracts[name].name_zh} `{name}`" for name in names)


def _asked(rule: Rule) -> str:
    """What a rule asks, as it stands in it: `fails`, and to which records it applies; or the model that finds it."""
    if rule.model is not None:
        return f"`{rule.model}`"
    applies = f" where `{rule.applies}`" if rule.applies != "true" else ""
    return f"`{rule.fails}`{applies}"


def made_page(rules: Sequence[Rule], contracts: Mapping[str, Contract]) -> str:
    """The catalogue for people: by dimension, Chinese first."""
    lines = [
        "<!-- 由 python scripts/make_rules.py 从 dbt_project/rules 生成。"
        "Made from dbt_project/rules: change those, then run it. -->",
        "# 数据质量规则目录 Rules of data quality",
        "",
        f"共 {len(rules)} 条。六个维度取自 GB/T 36344；另注 Kahn 分类。"
        "规则只计数，阈值另行评判：改阈值或级别不必重算。"
        "凡有疑问而可能属实的，级别为提示或警告。",
        "",
        f"{len(rules)} rules, in the six dimensions of GB/T 36344 and Kahn's categories. "
        "Rules count, thresholds judge: "
        "a threshold or a severity changes without a rule being run again. What may be right though it looks wrong "
        "is `info` or `warn`. How a rule is written: [ADR 23](adr/0023-rules-as-data.md); "
        "the SQL of each: `quality.rule`.",
        "",
        "阈值：超过即不通过；比例为应查数的百分比。Threshold: more than this fails.",
        "",
        "| 维度 dimension | 规则 rules | 严重 error | 警告 warn | 提示 info |",
        "|---|---|---|---|---|",
    ]
    for dimension, english in DIMENSIONS.items():
        of_it = [rule for rule in rules if rule.dimension == dimension]
        counts = [str(sum(rule.severity == severity for rule in of_it)) for severity in SEVERITIES]
        lines.append(f"| [{dimension}](#{dimension}) {english} | {len(of_it)} | {' | '.join(counts)} |")
    for dimension, english in DIMENSIONS.items():
        of_it = [rule for rule in rules if rule.dimension == dimension]
        lines += ["", f'<a id="{dimension}"></a>', "", f"## {dimension} {english}", ""]
        lines += [
            "| 规则 rule | 级别 severity | 阈值 threshold | 范围 where | 理由 reason | 依据 source | 判断 asked |"
        ]
        lines += ["|---|---|---|---|---|---|---|"]
        for rule in of_it:
            owner = f"<br>负责 owner: {rule.owner_bureau}" if rule.owner_bureau else ""
            cells = [
                f"{rule.name_zh}<br>{rule.name_en}<br>`{rule.rule_id}`",
                f"{SEVERITIES[rule.severity]} {rule.severity}<br>{KAHN[rule.kahn]} {rule.kahn}",
                _threshold(rule),
                _where(rule, contracts) + owner,
                f"{rule.reason_zh}<br>{rule.reason}",
                rule.source,
                _asked(rule),
            ]
            lines.append("| " + " | ".join(re.sub(r"\s+", " ", cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def made_files() -> dict[Path, str]:
    """Every made file with what it has to hold."""
    rules = load_rules()
    contracts = load_contracts("active")
    return {MACROS: made_macros(rules, contracts), PAGE: made_page(rules, contracts)}


def main() -> None:
    """Write them."""
    for path, content in made_files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
