"""To whom a finding may be shown person by person: what `quality.rule.disclose_to` says, as a condition.

The library serves people. What health, education, marriage and assistance know of somebody is no evidence for the
police: of findings that rest on it the police get totals (design, Privacy). Findings of a bureau's own records go to
that bureau, all bureaus' to the area's information centre.
"""

from __future__ import annotations

POLICE = "psb"
# How `disclose_to` says it of a rule whose findings may rest on such evidence.
TOTALS_ONLY = "police in totals only"
# Whose records are such evidence: health, education, marriage and assistance.
PROTECTED = ("hfpc", "edu", "civil")
# The information centre's own set of findings: those that go to no bureau one by one.
CENTRE = "centre"
# How `disclose_to` begins for findings that health alone may have beside the centre.
_HEALTH, _HEALTH_ALONE = "hfpc", "health and area centre"


def acting(finding: str = "finding", rule: str = "rule") -> str:
    """SQL: the bureau that has to act on a finding: the rule's owner, else the one that delivered the record."""
    return f"coalesce({rule}.owner_bureau, {finding}.bureau, '{CENTRE}')"


def of_protected(finding: str = "finding") -> str:
    """SQL: whether a finding is about a record that is such evidence itself."""
    protected = ", ".join(f"'{name}'" for name in PROTECTED)
    return f"coalesce({finding}.bureau, '') IN ({protected})"


def rests_on_protected(rule: str = "rule") -> str:
    """SQL: whether findings of a row of `quality.rule`, named `rule`, may rest on what the police get totals of."""
    return f"position('{TOTALS_ONLY}' IN coalesce({rule}.disclose_to, '{TOTALS_ONLY}')) > 0"


def shelf(finding: str = "finding", rule: str = "rule") -> str:
    """SQL: the one bureau that may see a finding by itself, the one that has to act; or `centre` where none may.

    Args:
        finding: name of a row of `quality.finding`.
        rule: name of its row of `quality.rule`.
    """
    bureau = acting(finding, rule)
    return (
        f"CASE WHEN {bureau} = '{POLICE}' AND ({rests_on_protected(rule)} OR {of_protected(finding)}) THEN '{CENTRE}' "
        f"WHEN starts_with(coalesce({rule}.disclose_to, ''), '{_HEALTH_ALONE}') AND {bureau} <> '{_HEALTH}' "
        f"THEN '{CENTRE}' ELSE {bureau} END"
    )
