"""To whom a finding may be shown person by person: what `quality.rule.disclose_to` says, as a condition.

The library serves people. What health, education, marriage and assistance know of somebody is no evidence for the
police: of findings that rest on it the police get totals (design, Privacy). Findings of a bureau's own records go to
that bureau, all bureaus' to the area's information centre.
"""

from __future__ import annotations

POLICE = "psb"
# How `disclose_to` says it of a rule whose findings may rest on such evidence.
TOTALS_ONLY = "police in totals only"


def may_be_shown(bureau: str, rule: str = "rule") -> str:
    """SQL: whether findings of a row of `quality.rule`, named `rule`, may be shown one by one to a bureau."""
    if bureau != POLICE:
        return "true"
    return f"position('{TOTALS_ONLY}' IN coalesce({rule}.disclose_to, '{TOTALS_ONLY}')) = 0"
