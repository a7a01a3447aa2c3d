"""Who is who, between the mentions and the library."""

from collections.abc import Iterator

import dagster as dg

from identity.pipeline import identify
from orchestration.layers import condition
from orchestration.resources import LibraryResource
from orchestration.run import LABEL_TAG

TABLES = {
    "person_xref": "每条人员记录是谁 Which person each mention is. One row per mention.",
    "person_event": "人员编号的变化 What happened to person numbers. One row per event.",
    "person_ref": "问题数据中人员的代号 The surrogate that findings name a person by. One row per person.",
    "mention": "每条人员记录写了什么、在哪个文件哪一行 What each mention says, and where. One row per mention.",
    "touched_person": "本次有变化的人员 Of whom the mentions are not what they were in the build before.",
    "relinked_record": "本次所指换了人的记录 In which somebody else is meant than in the build before.",
    "review_pair": "待复核的记录对 Pairs of mentions that somebody should look at. One row per pair.",
    "review_mention": "待复核的记录 What is said in the mentions of these pairs. One row per mention.",
    "decision": "复核决定 What people decided about pairs of mentions, and whether it holds. One row per decision.",
}


@dg.multi_asset(
    name="identity",
    specs=[
        dg.AssetSpec(
            ["identity", table],
            deps=[dg.AssetKey(["mentions", "int_person__mentions"]), dg.AssetKey(["raw", "build"])],
            description=description,
            group_name="identity",
            kinds={"python", "duckdb"},
            automation_condition=condition("identity"),
        )
        for table, description in TABLES.items()
    ],
    op_tags={LABEL_TAG: "识别同一人 Who is who"},
)
def identity(library: LibraryResource) -> Iterator[dg.MaterializeResult[None]]:
    """Link the mentions of one person and give each person its number."""
    with library.step("identity") as is_full:
        report = identify(library.home(), library.build_id(), is_full=is_full)
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=["identity", table],
            metadata={
                "mentions": report.mentions,
                "profiles": report.profiles,
                "persons": report.persons,
                "links cut": report.cut,
                "pairs to review": report.review,
            }
            | {f"links/{method}": count for method, count in report.links.items()}
            | {f"events/{kind}": count for kind, count in report.events.items()}
            | {f"decisions/{kind}": count for kind, count in report.decisions.items()},
        )
