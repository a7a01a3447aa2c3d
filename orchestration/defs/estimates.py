"""What is estimated from the library, between the library and the marts."""

import dagster as dg

from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG


@dg.asset(
    key=["estimates", "unseen"],
    deps=[dg.AssetKey(["library", "int_population__capture_cells"])],
    description="各部门均未掌握的流动人口 Floating people no bureau has. One row per division, sex, age, method.",
    group_name="estimates",
    automation_condition=condition("estimates"),
    kinds={"python", "duckdb"},
    op_tags={LABEL_TAG: "估计未登记人口 Estimating the unseen"},
)
def estimates(library: LibraryResource) -> dg.MaterializeResult[None]:
    """Estimates of those on no list."""
    # statsmodels takes seconds to import; the graph is read more often than it is run.
    from serving.estimates import store_unseen

    with library.step("unseen"):
        report = store_unseen(library.home())
    return dg.MaterializeResult(
        metadata={f"unseen/{method}": people for method, people in report.unseen.items() if people is not None}
        | {f"groups/{method}/{how}": n for method, groups in report.groups.items() for how, n in groups.items()}
    )


@dg.asset(
    key=["estimates", "survey_figure"],
    deps=[dg.AssetKey(["library", "int_survey__answers"])],
    description="动态监测调查指标 The survey's indicators. One row per division, round, indicator, population group.",
    group_name="estimates",
    automation_condition=condition("estimates"),
    kinds={"python", "duckdb"},
    op_tags={LABEL_TAG: "推算调查指标 Weighing the survey"},
)
def survey_indicators(library: LibraryResource) -> dg.MaterializeResult[None]:
    """The survey's indicators, with their errors."""
    # samplics takes seconds to import.
    from serving.survey import store_indicators

    with library.step("survey"):
        report = store_indicators(library.home())
    return dg.MaterializeResult(metadata={"figures": report.figures, "without_error": report.without_error})
