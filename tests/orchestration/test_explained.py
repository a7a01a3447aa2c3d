"""What `sijiku explain` prints, whatever the width of the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from identity.explain import FIELDS, Agreement, Mention, Pair, Rule
from identity.rules import evidences
from orchestration.explained import print_pair


def mention(number: int) -> Mention:
    """A mention of which nothing is said."""
    return Mention(
        mention_id=number,
        dataset="psb.temporary_residence",
        record_key=str(number),
        record_ref=f"r{number}",
        role="resident",
        person_id="p",
        method="certain",
        evidence="number+name",
        confidence=1.0,
        file="a.csv",
        row=number,
        delivery=None,
        extract_date=None,
        looks=1,
        fields=dict.fromkeys(column for column, *_ in FIELDS),
    )


def test_codes_of_rules_stay_whole_in_a_narrow_terminal() -> None:
    rules = tuple(Rule(evidence, confidence, 2) for evidence, confidence in sorted(evidences().items()))
    one, other = mention(1), mention(2)
    fields: dict[str, Agreement] = dict.fromkeys((column for column, *_ in FIELDS), "absent")
    pair = Pair(one, other, fields, rules, None, (), (one, other), (), ("同一人", "One person."))
    printed = io.StringIO()
    print_pair(Console(file=printed, width=80), pair, {}, is_revealed=False)
    assert rules
    assert [rule.evidence for rule in rules if rule.evidence not in printed.getvalue()] == []
