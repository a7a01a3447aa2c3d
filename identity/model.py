"""A linkage model as a file: which fields a table has, how they are compared, what blocks, what must stay apart.

`load_model` reads and validates it; `identity.linkage` runs it. docs/linkage.md teaches the form. Nothing here knows
what a table is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from sources.errors import UsageError

MODELS = Path(__file__).with_name("models")
SUFFIX = ".yml"
# Of another form: see identity/population.py.
OF_PEOPLE = "population.yml"

_NAME = r"^[a-z][a-z0-9_]{0,39}$"
Name = Annotated[str, Field(pattern=_NAME)]
Probability = Annotated[float, Field(gt=0, lt=1)]

# One byte each: of two texts together so many characters can be told apart.
_ALPHABET = "array_to_string(list_transform(range(1, 128), x -> chr(CAST(x AS INTEGER))), '')"
_HALF = 63

_BYTES = (
    f"translate(left(one, {_HALF}), left(one, {_HALF}) || left(other, {_HALF}), {_ALPHABET})",
    f"translate(left(other, {_HALF}), left(one, {_HALF}) || left(other, {_HALF}), {_ALPHABET})",
)
_IS_ASCII = "strlen(one) = length(one) AND strlen(other) = length(other)"

# Distances by characters: DuckDB's own count bytes, of which a Chinese character has three. So each character of the
# two texts is written as a single byte first, the same one in both, where one of them is not plain ASCII. And swapped
# letters are costly to look for: not where the plain distance, in which they count double, is too large already.
MACROS = (
    "CREATE OR REPLACE MACRO byte_edits(one, other, most) AS CASE WHEN levenshtein(one, other) > 2 * most THEN false "
    "ELSE damerau_levenshtein(one, other) <= most END",
    "CREATE OR REPLACE MACRO character_edits(one, other, most) AS "
    # Of a text as short as the slips allowed in it, anything would be left.
    "CASE WHEN abs(length(one) - length(other)) > most OR least(length(one), length(other)) <= most THEN false "
    f"WHEN {_IS_ASCII} THEN byte_edits(one, other, most) ELSE byte_edits({', '.join(_BYTES)}, most) END",
    f"CREATE OR REPLACE MACRO character_likeness(one, other) AS CASE WHEN {_IS_ASCII} "
    f"THEN jaro_winkler_similarity(one, other) ELSE jaro_winkler_similarity({', '.join(_BYTES)}) END",
)


def column(field: str) -> str:
    """The column that a field has among the cleaned records."""
    return f"f_{field}"


# ---- cleaning: a step's word to SQL over {x}, which is never null


_CLEANING: dict[str, str] = {
    "lower": "lower({x})",
    # Spaces and punctuation gone: a word split in two is the same word.
    "squash": r"regexp_replace({x}, '[\s\p{{P}}]+', '', 'g')",
    "letters": r"regexp_replace({x}, '[^\p{{L}}]+', '', 'g')",
    "digits": "regexp_replace({x}, '[^0-9]+', '', 'g')",
    "sorted_words": r"array_to_string(list_sort(string_split_regex({x}, '\s+')), ' ')",
    # A rough key of the sound: the first letter and the consonants after it.
    "consonants": "left({x}, 1) || regexp_replace(substr({x}, 2), '[aeiouyhw]+', '', 'g')",
    # YYYYMMDD where it is a date in a usual form; else its digits, so that a slip in a date is still near it.
    "date": (
        "coalesce(strftime(try_strptime({x}, "
        "['%Y-%m-%d', '%Y/%m/%d', '%Y.%m.%d', '%Y%m%d', '%Y年%m月%d日']), '%Y%m%d'), "
        "regexp_replace({x}, '[^0-9]+', '', 'g'))"
    ),
}
_CUTS = {"first": "left({{x}}, {0})", "last": "right({{x}}, {0})"}


def _cleaning(step: str | dict[str, int]) -> str:
    if isinstance(step, str):
        if step not in _CLEANING:
            raise ValueError(
                f"没有清洗步骤 no such step: {step}。可用 Give one of {', '.join([*_CLEANING, 'first: N', 'last: N'])}."
            )
        return _CLEANING[step]
    if len(step) != 1 or next(iter(step)) not in _CUTS or next(iter(step.values())) < 1:
        raise ValueError("写作 Write first: N or last: N, N from 1")
    [(word, length)] = step.items()
    return _CUTS[word].format(length)


# ---- what two values are held to: a test's word to SQL over columns of _l and _r


def _parts(name: str) -> str:
    """SQL: how many of year, month and day two dates share."""
    return " + ".join(
        f"CAST(substr({name}_l, {start}, {length}) = substr({name}_r, {start}, {length}) AS INTEGER)"
        for start, length in ((1, 4), (5, 2), (7, 2))
    )


def _whole_dates(name: str) -> str:
    return f"length({name}_l) = 8 AND length({name}_r) = 8"


def _numbers(name: str) -> tuple[str, str]:
    return f"TRY_CAST({name}_l AS DOUBLE)", f"TRY_CAST({name}_r AS DOUBLE)"


def _within(name: str, most: float) -> str:
    one, other = _numbers(name)
    return f"coalesce(abs({one} - {other}) <= {most}, false)"


def _within_share(name: str, most: float) -> str:
    one, other = _numbers(name)
    return f"coalesce(abs({one} - {other}) <= {most} * greatest(abs({one}), abs({other})), false)"


def _edits(name: str, most: float) -> str:
    return f"character_edits({name}_l, {name}_r, {most:.0f})"


def _words(name: str, least: float) -> str:
    lists = [rf"list_distinct(string_split_regex({name}_{side}, '\s+'))" for side in "lr"]
    common = f"len(list_intersect({', '.join(lists)}))"
    return f"{common} >= {least} * (len({lists[0]}) + len({lists[1]}) - {common})"


_PLAIN: dict[str, Callable[[str], str]] = {
    "exact": lambda c: f"{c}_l = {c}_r",
    "contains": lambda c: f"(contains({c}_l, {c}_r) OR contains({c}_r, {c}_l))",
    "day_month_swapped": lambda c: (
        f"({_whole_dates(c)} AND left({c}_l, 4) = left({c}_r, 4) AND substr({c}_l, 5, 2) = substr({c}_r, 7, 2) "
        f"AND substr({c}_l, 7, 2) = substr({c}_r, 5, 2))"
    ),
}
_GRADED: dict[str, tuple[float, float, Callable[[str, float], str]]] = {
    # word: lowest and highest argument, SQL
    "edits": (1, 10, _edits),
    "jaro_winkler": (0.5, 1, lambda c, least: f"character_likeness({c}_l, {c}_r) >= {least}"),
    "starts": (1, 50, lambda c, n: f"left({c}_l, {n:.0f}) = left({c}_r, {n:.0f})"),
    "words": (0.01, 1, _words),
    "date_parts": (1, 2, lambda c, n: f"({_whole_dates(c)} AND {_parts(c)} >= {n:.0f})"),
    "within": (0, 1e15, _within),
    "within_share": (0, 1, _within_share),
}


def _swapped(name: str, other: str) -> str:
    return f"(coalesce({name}_l = {other}_r, false) OR coalesce({other}_l = {name}_r, false))"


_TESTS = (*_PLAIN, *(f"{word}: N" for word in _GRADED), "swapped: FIELD")


class Part(BaseModel):
    """A part of a model file: entries that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _spread(given: Any) -> Any:
    """A level as it is written (`exact`, or `edits: 1` with m and u beside) as the fields of `Level`."""
    if isinstance(given, str):
        return {"test": given}
    if not isinstance(given, dict):
        return given
    rest = {key: value for key, value in given.items() if key not in ("m", "u")}
    if len(rest) != 1:
        raise ValueError(f"每级一个条件 one test a level: {', '.join(_TESTS)}")
    [(word, argument)] = rest.items()
    return {"test": word, "argument": None if argument is True else argument} | {
        key: given[key] for key in ("m", "u") if key in given
    }


class Level(Part):
    """One grade of agreement. `m`, `u`: its share among pairs of one thing and of two; learned where left out."""

    test: str
    argument: float | str | None = None
    m: Probability | None = None
    u: Probability | None = None

    @model_validator(mode="after")
    def _is_known(self) -> Level:
        if self.test in _PLAIN:
            if self.argument is not None:
                raise ValueError(f"{self.test} 没有参数 takes nothing: 写作 write - {self.test}")
        elif self.test in _GRADED:
            lowest, highest, _ = _GRADED[self.test]
            if not isinstance(self.argument, float) or not lowest <= self.argument <= highest:
                raise ValueError(f"{self.test} 的参数 takes a number from {lowest:g} to {highest:g}")
        elif self.test == "swapped":
            if not isinstance(self.argument, str):
                raise ValueError("swapped 的参数是字段 takes a field")
        else:
            raise ValueError(f"没有条件 no such test: {self.test}。可用 Give one of {', '.join(_TESTS)}.")
        if (self.m is None) != (self.u is None):
            raise ValueError("m 与 u 要么都给，要么都不给 give both of m and u, or neither")
        return self

    @property
    def label(self) -> str:
        """As it is called in evidence and weights: `edits 1`."""
        if self.argument is None:
            return self.test
        return f"{self.test} {self.argument if isinstance(self.argument, str) else format(self.argument, 'g')}"

    def condition(self, field: str) -> str:
        """SQL over the columns of a pair."""
        if self.test in _PLAIN:
            return _PLAIN[self.test](column(field))
        if isinstance(self.argument, float):
            return _GRADED[self.test][2](column(field), self.argument)
        return _swapped(column(field), column(str(self.argument)))


class Comparison(Part):
    """How a field is compared: its levels from the surest down; what meets none of them disagrees.

    `term_frequency`: to agree on a rare value proves more than to agree on a common one.
    `otherwise`: m and u of what disagrees, where they are not learned.
    """

    field: Name
    levels: Annotated[list[Annotated[Level, BeforeValidator(_spread)]], Field(min_length=1)]
    term_frequency: bool = False
    otherwise: tuple[Probability, Probability] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Comparison:
        labels = [level.label for level in self.levels]
        if len(set(labels)) < len(labels):
            raise ValueError("同一级出现了两次 a level stands there twice")
        given = {level.m is not None for level in self.levels} | {self.otherwise is not None}
        if len(given) > 1:
            raise ValueError(
                "m 与 u 要给就每级都给，连同 otherwise: [m, u]。"
                "Give m and u of all levels, and otherwise: [m, u], or of none."
            )
        return self

    @property
    def is_learned(self) -> bool:
        """Whether its weights are learned from the data."""
        return self.otherwise is None


def _steps(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _short_field(given: Any) -> Any:
    """`name: 姓名` is short for `name: {from: 姓名}`."""
    return {"from": given} if isinstance(given, str | list) else given


class FieldOf(Part):
    """Where a field comes from: the first of these columns, or all of them joined, cleaned step by step."""

    columns: Annotated[list[str], Field(alias="from", min_length=1), BeforeValidator(_steps)]
    clean: Annotated[list[str | dict[str, int]], BeforeValidator(_steps)] = []
    missing: list[str] = []

    @model_validator(mode="after")
    def _is_known(self) -> FieldOf:
        for step in self.clean:
            _cleaning(step)
        return self

    def sql(self, quoted: Callable[[str], str]) -> str:
        """SQL over a row of text columns: the cleaned value, NULL where nothing is left of it."""
        texts = [f"nullif(trim({quoted(name)}), '')" for name in self.columns]
        value = texts[0] if len(texts) == 1 else f"nullif(concat_ws(' ', {', '.join(texts)}), '')"
        for given in self.missing:
            value = f"nullif({value}, '{given.replace(chr(39), chr(39) * 2)}')"
        for step in self.clean:
            value = _cleaning(step).format(x=value)
        return f"nullif(trim({value}), '')"


Keys = Annotated[list[Annotated[list[Name], Field(min_length=1), BeforeValidator(_steps)]], Field(min_length=1)]


class Prior(Part):
    """How many links there are, before anything is compared: pairs that agree on all fields of one of these keys, which
    are `recall` of all that there are (an estimate made beforehand)."""

    same: Keys
    recall: Annotated[float, Field(gt=0, le=1)]


class Training(Part):
    """How weights are learned without any truth: u from pairs drawn at random, m by expectation maximisation over the
    pairs of each key of `same`, which says nothing of the fields in that key; so two keys without a common field."""

    same: Keys
    pairs: Annotated[int, Field(ge=1000, le=100_000_000)] = 1_000_000
    seed: int = 1


class Thresholds(Part):
    """Match probabilities: from `link` on two records are one; from `review` on somebody is to look at them."""

    link: Probability
    review: Probability

    @model_validator(mode="after")
    def _are_in_order(self) -> Thresholds:
        if self.review > self.link:
            raise ValueError("review 不能高于 link review is not above link")
        return self


class Limits(Part):
    """`key`: a blocking key that more records share is not looked at. `pairs`: so many are compared at most; where
    there were more, the most shared keys are left out."""

    key: Annotated[int, Field(ge=2, le=100_000)] = 500
    pairs: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 20_000_000


class Constraints(Part):
    """What no cluster may hold. `differ`: two different values of one of these fields. `one_per_input`: two records of
    one input file."""

    differ: list[Name] = []
    one_per_input: bool = False


class LinkageModel(Part):
    """A validated model. Fields, comparisons and keys are in the file's order."""

    model: Name
    description: str = ""
    fields: Annotated[dict[Name, Annotated[FieldOf, BeforeValidator(_short_field)]], Field(min_length=1)]
    comparisons: Annotated[list[Comparison], Field(min_length=1)]
    blocking: Keys
    constraints: Constraints = Constraints()
    prior: Prior | Probability
    training: Training | None = None
    thresholds: Thresholds
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _knows_its_fields(self) -> LinkageModel:
        for where, name in self._named():
            if name not in self.fields:
                raise ValueError(f"{where}: 没有字段 no such field: {name}。在 fields 中加上它 Add it to fields.")
        compared = [item.field for item in self.comparisons]
        for name in compared:
            if compared.count(name) > 1:
                raise ValueError(f"comparisons: 字段 {name} 出现了两次 is compared twice。请合并 Make them one.")
        if self.training is None and any(item.is_learned for item in self.comparisons):
            raise ValueError(
                "training: 权重没有给出，要训练 No weights are given: add training, or m and u to each level."
            )
        return self

    def _named(self) -> Iterator[tuple[str, str]]:
        for comparison in self.comparisons:
            yield "comparisons", comparison.field
            for level in comparison.levels:
                if level.test == "swapped":
                    yield f"comparisons.{comparison.field}", str(level.argument)
        keys = {"blocking": self.blocking}
        if isinstance(self.prior, Prior):
            keys["prior.same"] = self.prior.same
        if self.training:
            keys["training.same"] = self.training.same
        for where, listed in keys.items():
            for key in listed:
                yield from ((where, name) for name in key)
        yield from (("constraints.differ", name) for name in self.constraints.differ)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The input's columns that the model reads, each once."""
        return tuple(dict.fromkeys(name for field in self.fields.values() for name in field.columns))


# ---- to Splink


@dataclass(frozen=True)
class Weight:
    """What a level is worth: its share among pairs of one thing (m) and of two (u)."""

    m: float
    u: float


Weights = Mapping[str, Mapping[str, Weight]]
ELSE = "else"


def first_guess(comparison: Comparison) -> dict[str, Weight]:
    """What is taken of each level before anything is learned: that most of one thing agree, the surest level first."""
    if comparison.otherwise is not None:
        given = {level.label: Weight(level.m or 0.5, level.u or 0.5) for level in comparison.levels}
        return given | {ELSE: Weight(*comparison.otherwise)}
    labels = [*(level.label for level in comparison.levels), ELSE]
    rest = len(labels) - 1
    # u falls the surer a level is; what is learned takes its place.
    us = [0.1 / rest * 0.5 ** (rest - place - 1) for place in range(rest)] + [0.9]
    ms = [0.9] + [0.1 / rest] * rest
    return {label: Weight(m, u) for label, m, u in zip(labels, ms, us, strict=True)}


def splink_settings(model: LinkageModel, weights: Weights, prior: float) -> dict[str, Any]:
    """Splink's settings over a table of `record` and the cleaned fields. What is null says nothing.

    Args:
        weights: by field and level; none at all where they are to be learned.
        prior: how likely it is that two records are one thing.
    """
    compared = []
    for item in model.comparisons:
        own = weights.get(item.field, {})
        name = column(item.field)
        levels: list[dict[str, Any]] = [
            {
                "sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL",
                "label_for_charts": "null",
                "is_null_level": True,
            }
        ]
        for level in item.levels:
            levels.append({"sql_condition": level.condition(item.field), "label_for_charts": level.label})
            if item.term_frequency and level.test == "exact":
                levels[-1] |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0}
        levels.append({"sql_condition": "ELSE", "label_for_charts": ELSE})
        for written in levels[1:]:
            if weight := own.get(written["label_for_charts"]):
                written["m_probability"], written["u_probability"] = weight.m, weight.u
        compared.append({"output_column_name": item.field, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "record",
        "comparisons": compared,
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": prior,
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": [],
    }


# ---- from a file


def shipped_models() -> dict[str, Path]:
    """The models that come with the project, by name."""
    models = sorted(MODELS.glob(f"*{SUFFIX}"))
    return {path.name.removesuffix(SUFFIX): path for path in models if path.name != OF_PEOPLE}


def load_model(given: Path) -> LinkageModel:
    """Read a model: a file, or the name of one that is shipped.

    Raises:
        UsageError: there is none, it is no YAML, or something in it is wrong; names file, field and remedy.
    """
    return read_model(given if given.suffix else shipped_models().get(str(given), given), LinkageModel)


PartOf = TypeVar("PartOf", bound=Part)


def read_model(path: Path, form: type[PartOf]) -> PartOf:
    """Read and validate a model file of some form. Raises as `load_model`."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(
            f"没有模型文件 {path}。There is no model file {path}.",
            f"给出一个文件，或自带模型之一 Name a file, or one of the models shipped: {', '.join(shipped_models())}.",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", 行 line {mark.line + 1}" if mark else ""
        raise UsageError(
            f"模型文件 {path.name}{line} 不是可读的 YAML。Model file {path.name}{line} is no readable YAML.",
            "请检查缩进与引号，以 UTF-8 保存。Check indents and quotes there, and save it as UTF-8.",
        ) from None
    try:
        return form.model_validate(document)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)
        where, what = _worded(wrong[0])
        more = f" (另有 and {len(wrong) - 1} 处 more)" if len(wrong) > 1 else ""
        raise UsageError(
            f"模型文件 {path.name} 的 {where} 不对{more}。In model file {path.name}, {where} is wrong{more}.", what
        ) from None


_REMEDIES = {
    "missing": "要写这一项 It has to be there.",
    "extra_forbidden": "没有这一项，请删除或改正拼写 There is no such entry: remove it or correct its spelling.",
    "string_pattern_mismatch": "名称用小写字母、数字和下划线 Names are lower-case letters, digits and underscores.",
}


# What pydantic puts among the places of a file.
_PYDANTIC = ("[key]", "Prior", "constrained-float", "float")


def _worded(error: Any) -> tuple[str, str]:
    """Where in the file an error is, and what to do about it."""
    where = ".".join(
        # Places in lists are counted from 1, as people count them.
        str(part + 1) if isinstance(part, int) else part
        for part in error["loc"]
        if not (isinstance(part, str) and (part.startswith("function-") or part in _PYDANTIC))
    )
    kind, message = error["type"], str(error["msg"]).removeprefix("Value error, ")
    return where or "整体 the whole", _REMEDIES.get(kind, f"请改正 Correct it: {message}")
