"""The model of the population, identity/models/population.yml, and what its words mean in SQL.

It is a file of its own form: people are not compared pair by pair as rows of a table are, but as records with people,
after rules that leave no doubt. `POPULATION` is what `identity.rules` and `identity.scoring` go by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from identity.certain import names_agree, one_character_apart, sound_alike
from identity.model import MODELS, Part, Probability, read_model


def one_edit_apart(one: str, other: str) -> str:
    """SQL: two texts differ in one character, or in two neighbours swapped, at most.

    Numbers mostly have one length: then it is the places that differ which say so, and only of two it has to be asked
    whether they were swapped, which costs a hundred times as much.
    """
    edited = f"damerau_levenshtein({one}, {other}) <= 1"
    return (
        f"CASE WHEN strlen({one}) = strlen({other}) AND {one} <> '' THEN CASE hamming({one}, {other}) "
        f"WHEN 0 THEN true WHEN 1 THEN true WHEN 2 THEN {edited} ELSE false END ELSE {edited} END"
    )


# ---- needs of rules: SQL over o (without a person) and k (with one); only: over a description without a person, and
# its mention m where a rule looks around

_ALIKE = f"({names_agree('o.name_norm', 'k.name_norm')} OR {one_character_apart('o.name_norm', 'k.name_norm')})"
_NEEDS = {
    "same_sex": "coalesce(o.sex = k.sex, true)",
    "alike": _ALIKE,
    "alike_or_unnamed": f"coalesce({_ALIKE}, true)",
    "slip": (
        f"({one_edit_apart('o.doubtful_number', 'k.id_number')} OR (length(o.doubtful_number) >= 14 "
        "AND starts_with(k.id_number, o.doubtful_number)) OR (contains(o.doubtful_number, 'E+') "
        "AND starts_with(k.id_number, replace(split_part(o.doubtful_number, 'E', 1), '.', ''))))"
    ),
}
_ONLY = {
    "no_birth_date": "birth_date IS NULL",
    "unnamed": "name_norm IS NULL",
    "parent": "m.role IN ('mother', 'father', 'guardian')",
}

# ---- tests of comparisons: SQL over a person _l and a record _r


def _any_close(one: str, other: str, condition: str) -> str:
    """SQL: some x of a list and some y of another meet a condition."""
    return f"len(list_filter({one}, x -> len(list_filter({other}, y -> {condition})) > 0)) > 0"


def _coarser(digits: int) -> Callable[[str], str]:
    """SQL: some of the divisions of both are one in so many digits."""
    step = 10 ** (12 - digits)

    def over(column: str) -> str:
        lists = (f"list_transform({column}_{side}, x -> x // {step})" for side in "lr")
        return f"list_has_any({', '.join(lists)})"

    return over


_TESTS: dict[str, Callable[..., str]] = {
    "unsaid": lambda a: f"{a}_l IS NULL OR {a}_r IS NULL",
    "empty": lambda a: f"len({a}_l) = 0 OR len({a}_r) = 0",
    "empty_on_either_side": lambda a, b: f"len({a}_l) = 0 OR len({b}_r) = 0",
    "equal": lambda a: f"{a}_l = {a}_r",
    "sounds_alike": lambda name, key: (
        f"least(length({name}_l), length({name}_r)) >= 4 AND " + sound_alike(f"{key}_l", f"{key}_r")
    ),
    "name_agrees": lambda name, keys: f"list_has_any({keys}_l, {keys}_r) OR {names_agree(f'{name}_l', f'{name}_r')}",
    "one_character_apart": lambda a: one_character_apart(f"{a}_l", f"{a}_r"),
    "first_character": lambda a: f"left({a}_l, 1) = left({a}_r, 1)",
    "any_equal": lambda a: f"list_has_any({a}_l, {a}_r)",
    "any_date_one_part_apart": lambda a: _any_close(
        f"{a}_l",
        f"{a}_r",
        "(year(x) = year(y) AND (month(x) = month(y) OR day(x) = day(y) "
        "OR (month(x) = day(y) AND day(x) = month(y)))) OR (month(x) = month(y) AND day(x) = day(y))",
    ),
    "any_year_near": lambda a: _any_close(f"{a}_l", f"{a}_r", "abs(year(x) - year(y)) <= 1"),
    "any_one_edit_apart": lambda a: _any_close(f"{a}_l", f"{a}_r", one_edit_apart("x", "y")),
    "any_number_slip": lambda a, b: _any_close(
        f"{a}_l", f"{b}_r", f"{one_edit_apart('x', 'y')} OR (length(y) >= 14 AND starts_with(x, y))"
    ),
    "any_number_of_one_birth": lambda a, b: _any_close(f"{a}_l", f"{b}_r", "substr(x, 7, 8) = substr(y, 7, 8)"),
    "any_of_one_community": _coarser(12),
    "any_of_one_township": _coarser(9),
    "any_of_one_district": _coarser(6),
}

# ---- columns

Column = Literal[
    "name_norm",
    "name_key",
    "birth_date",
    "sex",
    "phone",
    "id_number",
    "number_head",
    "number_tail",
    "mother_name_key",
    "mother_id_number",
    "guardian_name_key",
    "guardian_id_number",
    "surname",
    "phone_head",
    "phone_tail",
    "number_birth",
    "role",
    "place",
    "workplace",
]
_DERIVED = {
    "surname": "left(name_norm, 1)",
    "phone_head": "left(phone, 7)",
    "phone_tail": "right(phone, 7)",
    # the area and the birth date that it names
    "number_birth": "left(coalesce(id_number, doubtful_number), 14)",
}
_SURROUNDINGS = {
    "relative": "p.person",
    "relative_household": "h.household",
    "household": "m.household",
    "home": "m.home",
}
Key = Annotated[list[Column], Field(min_length=1)]


def _known(words: dict[str, str]) -> AfterValidator:
    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"可用 Give one of {', '.join(words)}.")
        return word

    return AfterValidator(check)


class Evidence(Part):
    """What must be shared, and how likely it is then that records are one person."""

    evidence: str
    confidence: Probability
    key: Key


class Conditional(Evidence):
    """What must hold besides (see `identity.rules.Rule`)."""

    needs: tuple[Annotated[str, _known(_NEEDS)], ...] = ()
    only: tuple[Annotated[str, _known(_ONLY)], ...] = ()

    @property
    def needed(self) -> str:
        """SQL over o and k."""
        return " AND ".join(_NEEDS[word] for word in self.needs) or "true"

    @property
    def asked(self) -> str:
        """SQL over a description."""
        return " AND ".join(_ONLY[word] for word in self.only) or "true"


class RuleOf(Conditional):
    """A rule (see `identity.rules.Rule`)."""

    among_open: bool = True


class RelationOf(Conditional):
    """A rule that looks around (see `identity.rules`)."""

    within: Literal["relative", "relative_household", "household", "home"] = Field(alias="in")

    @property
    def hashed(self) -> str:
        """SQL over the own description d, the mention m, the other person p and her household h."""
        own = ("m.role" if column == "role" else f"d.{column}" for column in self.key)
        return f"hash({', '.join([_SURROUNDINGS[self.within], *own])})"


class Corrections(Part):
    """How a number that was set right is told."""

    characters: Annotated[int, Field(ge=1)]
    numbers_of_one: Annotated[int, Field(ge=1)]
    keys: list[Evidence]

    @property
    def set_right(self) -> str:
        """SQL over two bearers a and b of a number under one name (id_number, is_child)."""
        birth = (
            "left(a.id_number, 6) = left(b.id_number, 6) AND substr(a.id_number, 15, 3) = substr(b.id_number, 15, 3)"
        )
        sequence = "left(a.id_number, 14) = left(b.id_number, 14)"
        return (
            f"(damerau_levenshtein(a.id_number, b.id_number) <= {self.characters} "
            f"OR (NOT a.is_child AND NOT b.is_child AND ({sequence} OR ({birth}))))"
        )


class Blocking(Part):
    """Which records and people are looked at together."""

    keys: list[Key]
    placed: list[Key]
    people: Annotated[int, Field(ge=1)]

    @staticmethod
    def written(keys: list[Key]) -> tuple[tuple[str, ...], ...]:
        """The keys as columns in SQL."""
        return tuple(tuple(_DERIVED.get(column, column) for column in key) for key in keys)


class Grade(Part):
    """A level of a comparison: its label in weights and evidence, the test and what it looks at."""

    level: str
    test: str
    of: Annotated[list[str], Field(min_length=1)]

    @property
    def condition(self) -> str:
        """SQL over a person _l and a record _r."""
        return _TESTS[self.test](*self.of)


def _are_tests(grades: list[Grade]) -> list[Grade]:
    for grade in grades:
        try:
            _ = grade.condition
        except KeyError:
            raise ValueError(f"没有条件 no such test: {grade.test}。可用 Give one of {', '.join(_TESTS)}.") from None
        except TypeError:
            raise ValueError(f"{grade.test} 的列数不对 looks at another number of columns") from None
    return grades


class Compared(Part):
    """A comparison; `term_frequency`: at which level, by which column, a rare value proves more."""

    name: str
    levels: Annotated[list[Grade], Field(min_length=2), AfterValidator(_are_tests)]
    term_frequency: dict[str, str] = Field(default_factory=dict)


class Limits(Part):
    """What is shared so widely that it proves nothing."""

    people_looked_at: Annotated[int, Field(ge=1)]
    profiles_of_household: Annotated[int, Field(ge=1)]


class Thresholds(Part):
    """From which probability on a record is given to a person, and above which somebody should look."""

    link: Probability
    review: Probability


class PopulationModel(Part):
    """The file, validated."""

    model: Literal["population"]
    description: str
    rules: list[RuleOf]
    corrections: Corrections
    relations: list[RelationOf]
    limits: Limits
    blocking: Blocking
    comparisons: list[Compared]
    agreeing: list[str]
    listed: Probability
    thresholds: Thresholds


POPULATION = read_model(MODELS / "population.yml", PopulationModel)
