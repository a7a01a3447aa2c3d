"""The catalogue of units holds as many as the report counts, each where it is."""

from __future__ import annotations

from collections import Counter

from sources.city.places import read
from tests.sources.city.conftest import Simulated


def units(city: Simulated) -> list[dict[str, str]]:
    return [row.cells for row in city.rows if row.dataset == "ref.unit"]


def test_there_are_as_many_units_as_the_report_counts(clean: Simulated) -> None:
    kinds = Counter(unit["机构类别"] for unit in units(clean))
    assert kinds["2"] + kinds["3"] == 697
    assert kinds["5"] == 446
    assert kinds["6"] == 54
    assert kinds["8"] == 103
    townships = read("communities.csv")["township"].n_unique()
    assert kinds["1"] == kinds["7"] == townships
    assert kinds["4"] > 200


def test_codes_of_units_are_unique(clean: Simulated) -> None:
    codes = [unit["机构代码"] for unit in units(clean)]
    assert len(set(codes)) == len(codes)
    assert all(codes)


def test_units_stand_in_communities_of_the_city(clean: Simulated) -> None:
    communities = set(read("communities.csv")["community"])
    assert all(unit["所在区划"] in communities for unit in units(clean))


def test_units_can_carry_somebody_and_few_have_closed(clean: Simulated) -> None:
    assert all(int(unit["服务容量"]) > 0 and int(unit["工作人员"]) > 0 for unit in units(clean))
    closed = [unit for unit in units(clean) if unit["停用日期"]]
    assert len(closed) < 0.02 * len(units(clean))
