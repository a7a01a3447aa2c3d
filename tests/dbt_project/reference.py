"""Ten headline figures of a simulated city, worked out a second time: from the delivered files, in polars.

Nothing of the project reads, cleans, links or counts here. The files are read by this module, and the rules are those
of the descriptions (who is floating, where somebody lives, who is entitled to what), written anew for the day of the
newest delivery. Only who a record is about is taken from the truth: whose it is, and when she was born. So what the
marts say otherwise is either a rule that is read in two ways, or an identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path

import polars as pl
from python_calamine import CalamineWorkbook

AS_OF = date(2014, 10, 31)
MONTH_AGO, HALF_YEAR_AGO, FIVE_YEARS_AGO = date(2014, 9, 30), date(2014, 4, 30), date(2009, 10, 31)
# In-flow looks back 24 months, the newest included.
WINDOW = date(2012, 11, 1)
CITY = "1502"
NEVER = date(9999, 12, 31)

KEYS = {
    "civil.assistance": "救助编号",
    "civil.marriage": "登记字号",
    "edu.student_enrollment": "学籍号",
    "grid.household_visit": "采集编号",
    "hfpc.birth_certificate": "出生证编号",
    "hfpc.death_certificate": "证明编号",
    "hfpc.health_record": "档案编号",
    "hfpc.immunization": "接种编号",
    "hfpc.maternal_service": "服务编号",
    "hfpc.padis_case": "个案编号",
    "housing.public_rental": "申请号",
    "housing.rental_filing": "备案号",
    "hrss.employment": "登记编号",
    "hrss.social_insurance": "参保编号",
    "hrss.training": "培训编号",
    "psb.household_register": "人员编号",
    "psb.temporary_residence": "登记编号",
}
_GB18030, _UTF8 = "gb18030", "utf-8-sig"
_ENCODINGS = {"psb": _GB18030, "finance": _GB18030, "hrss": _GB18030, "hfpc": _UTF8}
_BARS = {"hrss": "|"}

# Where the identity number (公民身份号码) of each role stands.
NUMBERS = {
    ("civil.assistance", "recipient"): "身份证号",
    ("civil.marriage", "husband"): "男方证件号",
    ("civil.marriage", "wife"): "女方证件号",
    ("edu.student_enrollment", "guardian"): "监护人身份证号",
    ("edu.student_enrollment", "student"): "身份证件号",
    ("grid.household_visit", "resident"): "身份证号",
    ("hfpc.birth_certificate", "father"): "父亲身份证号",
    ("hfpc.birth_certificate", "mother"): "母亲身份证号",
    ("hfpc.death_certificate", "deceased"): "身份证号",
    ("hfpc.health_record", "patient"): "身份证号",
    ("hfpc.immunization", "child"): "儿童身份证号",
    ("hfpc.immunization", "mother"): "母亲身份证号",
    ("hfpc.maternal_service", "woman"): "身份证号",
    ("hfpc.padis_case", "migrant"): "证件号码",
    ("housing.public_rental", "applicant"): "证件号",
    ("housing.rental_filing", "tenant"): "承租人证件号",
    ("hrss.employment", "worker"): "身份证号",
    ("hrss.social_insurance", "insured"): "社会保障号码",
    ("hrss.training", "trainee"): "身份证号",
    ("psb.household_register", "resident"): "公民身份号码",
    ("psb.temporary_residence", "resident"): "公民身份号码",
}

# Of two records of one day that place somebody differently, who is nearer to her counts.
_NEARNESS = (
    "psb.household_register",
    "psb.temporary_residence",
    "hfpc.padis_case",
    "housing.rental_filing",
    "civil.assistance grid.household_visit",
    "hfpc.health_record",
    "hfpc.immunization hfpc.maternal_service housing.public_rental hrss.employment",
    "hfpc.birth_certificate",
    "hrss.training",
)
NEARNESS = {dataset: place for place, names in enumerate(_NEARNESS) for dataset in names.split()}

# Where a field of the mart stands in the files, and which records of the dataset have it at all.
FIELDS: dict[str, dict[str, str]] = {
    "psb.household_register": {
        "phone": "联系电话",
        "ethnicity": "民族",
        "marital": "婚姻状况",
        "education": "文化程度",
    },
    "psb.temporary_residence": {"phone": "联系电话", "arrived_on": "来本地日期", "stay_reason": "暂住事由"},
    "grid.household_visit": {"phone": "联系电话", "arrived_on": "来本地日期", "flow_reason": "流动原因"},
    "hfpc.padis_case": {"flow_reason": "流动原因", "phone": "联系电话", "marital": "婚姻状况"},
    "hfpc.health_record": {"phone": "联系电话", "id_number": "身份证号", "ethnicity": "民族"},
    "hfpc.immunization": {"mother_name": "母亲姓名", "mother_id_number": "母亲身份证号", "id_number": "儿童身份证号"},
    "hfpc.maternal_service": {"phone": "联系电话", "id_number": "身份证号"},
    "edu.student_enrollment": {"hukou_division": "户籍地区划", "id_number": "身份证件号"},
    "housing.rental_filing": {"phone": "承租人电话", "id_number": "承租人证件号"},
    "hrss.employment": {"phone": "联系电话", "id_number": "身份证号"},
}


def rows_of(path: Path, bureau: str) -> pl.DataFrame:
    """The rows of one file as text, under its own headers."""
    if path.suffix == ".xlsx":
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        head = next(number for number, row in enumerate(rows) if sum(cell != "" for cell in row) > 5)
        header = [str(cell).strip() for cell in rows[head]]
        texts = [[None if cell == "" else str(cell) for cell in row] for row in rows[head + 1 :]]
        # a footer fills a cell or two
        texts = [row for row in texts if sum(cell is not None for cell in row) > 3]
        return pl.DataFrame(texts, schema=dict.fromkeys(header, pl.String), orient="row")
    if path.suffix == ".jsonl":
        return pl.read_ndjson(path, infer_schema_length=None).select(pl.all().cast(pl.String))
    if path.suffix == ".parquet":
        return pl.read_parquet(path).select(pl.all().cast(pl.String))
    text = path.read_bytes().decode(_ENCODINGS[bureau])
    return pl.read_csv(BytesIO(text.encode()), infer_schema=False, separator=_BARS.get(bureau, ","))


def day(column: str) -> pl.Expr:
    """A date in any of the ways in which bureaus write it; null where it cannot be read."""
    text = pl.col(column).str.strip_chars().str.replace(r"\.0$", "")
    parts = text.str.extract_groups(r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D*$").struct
    written = pl.format("{}-{}-{}", parts[0], parts[1].str.zfill(2), parts[2].str.zfill(2))
    serial = pl.when(text.str.len_chars() == 5).then(text).cast(pl.Int64, strict=False)
    return pl.coalesce(
        written.str.to_date("%Y-%m-%d", strict=False),
        # as a workbook keeps it
        pl.date(1899, 12, 30) + pl.duration(days=serial),
    )


@dataclass(frozen=True)
class Reference:
    """A simulated city's files, and whom each record is truly about."""

    landing: Path
    truth: Path

    # --- what was delivered, and whose it is

    @cached_property
    def mentions(self) -> pl.DataFrame:
        return pl.read_parquet(self.truth / "mentions.parquet")

    @cached_property
    def persons(self) -> pl.DataFrame:
        """Who somebody is: person, birth_date, hukou (her registered home, as records say)."""
        born = pl.read_parquet(self.truth / "persons.parquet").select("person", "birth_date")
        return born.join(self.homes, on="person", how="left")

    def records(self, dataset: str) -> pl.DataFrame:
        """A dataset's records in force, as text, with `record_key` and `extracted_on`; the last delivered of each."""
        bureau, name = dataset.split(".")
        in_force = pl.DataFrame()
        for delivery in sorted((self.landing / bureau / name).iterdir()):
            files = [path for path in sorted(delivery.iterdir()) if path.name != "manifest.json"]
            rows = pl.concat([rows_of(path, bureau) for path in files], how="diagonal")
            rows = rows.with_columns(extracted_on=pl.lit(date.fromisoformat(delivery.name[:10])))
            rows = rows.rename({KEYS[dataset]: "record_key"}).filter(pl.col("record_key").is_not_null())
            rows = rows.unique("record_key", keep="last", maintain_order=True)
            if "变更类型" in rows.columns:
                kept = in_force.filter(~pl.col("record_key").is_in(rows["record_key"].implode()))
                rows = pl.concat([kept, rows.filter(pl.col("变更类型") != "D")], how="diagonal")
            in_force = rows
        return in_force

    def about(self, dataset: str, *roles: str) -> pl.DataFrame:
        """A dataset's records, with the person whom each is about in one of these roles."""
        whom = self.mentions.filter(pl.col("dataset") == dataset, pl.col("role").is_in(list(roles)))
        return self.records(dataset).join(whom.select("record_key", "role", "person"), on="record_key")

    # --- where people live

    @cached_property
    def homes(self) -> pl.DataFrame:
        """Each person's registered home, the county's six digits: by the register, else by who asked last, else by the
        number, which begins with where it was given out."""
        struck_off = day("注销日期").is_not_null() & (pl.col("注销原因") != "1")
        statements = [
            ("psb.household_register", "resident", "户籍地区划", "登记日期", ~struck_off),
            ("psb.temporary_residence", "resident", "户籍地区划", "登记日期", True),
            ("hfpc.padis_case", "migrant", "户籍地区划", "更新日期", True),
            ("grid.household_visit", "resident", "户籍地区划", "采集日期", True),
            ("hfpc.birth_certificate", "mother", "母亲户籍地区划", "出生日期", True),
            ("hfpc.death_certificate", "deceased", "户籍地区划", "死亡日期", True),
            ("edu.student_enrollment", "student", "户籍地区划", "入学日期", True),
        ]
        stated = pl.concat(
            self.about(dataset, role)
            .filter(holds)
            .select("person", hukou=pl.col(place).str.slice(0, 6), on=day(on), rank=pl.lit(int(not number)))
            for number, (dataset, role, place, on, holds) in enumerate(statements)
        )
        numbers = pl.concat(
            self.about(dataset, role).select(
                "person", hukou=pl.col(number).str.slice(0, 6), on=pl.lit(None, pl.Date), rank=pl.lit(-1)
            )
            for (dataset, role), number in NUMBERS.items()
        )
        # who names no more of a home than the province says nothing of the city
        return (
            pl.concat([stated, numbers])
            .filter(pl.col("hukou").is_not_null(), pl.col("hukou") != "150000")
            .sort("rank", "on", "hukou", descending=[True, True, False], nulls_last=True)
            .unique("person", keep="first", maintain_order=True)
            .select("person", "hukou")
        )

    def _claim(
        self,
        dataset: str,
        roles: Sequence[str],
        place: str,
        on: Sequence[str],
        *,
        confirmed: str | None = None,
        arrived: pl.Expr | None = None,
        until: pl.Expr | None = None,
        left: pl.Expr | None = None,
        died: pl.Expr | None = None,
        leaves_home: pl.Expr | None = None,
        lives: pl.Expr | None = None,
        in_household: bool = False,
    ) -> pl.DataFrame:
        """What records say of where somebody lives.

        Columns: person, dataset, place, began_on, seen_on, arrived_on, until (first day that it holds no more),
        left_on, died_on, leaves_home, lives (whether it says that she lives there), is_home, is_sighting.
        """
        nothing = pl.lit(None, pl.Date)
        written = pl.coalesce(day(column) for column in on)
        looked_at = day(confirmed) if confirmed else nothing
        rows = self.about(dataset, *roles).select(
            "person",
            "role",
            dataset=pl.lit(dataset),
            place=pl.col(place),
            began_on=pl.min_horizontal(pl.coalesce(written, looked_at, "extracted_on"), "extracted_on"),
            seen_on=pl.min_horizontal(
                pl.coalesce(pl.max_horizontal(written, looked_at), "extracted_on"), "extracted_on"
            ),
            arrived_on=nothing if arrived is None else arrived,
            until=nothing if until is None else until,
            left_on=nothing if left is None else left,
            died_on=nothing if died is None else died,
            leaves_home=pl.lit(False) if leaves_home is None else leaves_home,
            lives=pl.lit(True) if lives is None else lives,
            is_home=pl.lit(dataset == "psb.household_register"),
        )
        rows = rows.with_columns(
            arrived_on=pl.when(pl.col("arrived_on") <= pl.col("seen_on")).then("arrived_on"),
        )
        if dataset != "psb.household_register":
            return rows.with_columns(
                is_sighting=pl.lit(not in_household)
                & pl.all_horizontal(pl.col("arrived_on", "until", "left_on").is_null(), "lives")
            )
        return rows.with_columns(is_sighting=pl.lit(False))

    @cached_property
    def said(self) -> pl.DataFrame:
        """All that records say of where people live, and of their going."""

        def cancelled(reasons: list[str]) -> pl.Expr:
            return pl.when(pl.col("注销原因").is_in(reasons)).then(day("注销日期"))

        comes = pl.col("流向") == "1"
        gone = {"left": cancelled(["1", "2", "3"]), "died": cancelled(["1"])}
        given, served = day("实种日期"), day("服务日期")
        claims = [
            self._claim(
                "psb.household_register",
                ["resident"],
                "户籍地区划",
                ["登记日期", "何时迁来", "出生日期"],
                until=day("注销日期"),
                in_household=True,
                **gone,
            ),
            self._claim(
                "psb.temporary_residence",
                ["resident"],
                "暂住地区划",
                ["登记日期"],
                arrived=day("来本地日期"),
                until=day("注销日期"),
                in_household=True,
                **gone,
            ),
            self._claim(
                "hfpc.padis_case",
                ["migrant"],
                "现居住地区划",
                ["流动日期", "更新日期"],
                confirmed="更新日期",
                arrived=pl.when(comes).then(day("流动日期")),
                until=pl.when(comes).then(day("离开日期")),
                left=pl.when(comes).then(day("离开日期")).otherwise(day("流动日期")),
                leaves_home=~comes,
                lives=comes,
            ),
            self._claim(
                "grid.household_visit",
                ["resident"],
                "现住址区划",
                ["采集日期"],
                arrived=day("来本地日期"),
                in_household=True,
            ),
            self._claim("hfpc.health_record", ["patient"], "现住址区划", ["建档日期"], confirmed="更新日期"),
            self._claim("hfpc.immunization", ["child"], "现住址区划", ["实种日期"], lives=given.is_not_null()),
            self._claim("hfpc.maternal_service", ["woman"], "现住址区划", ["服务日期"], lives=served.is_not_null()),
            self._claim("hfpc.birth_certificate", ["child", "mother"], "现住址区划", ["出生日期"]),
            self._claim(
                "housing.rental_filing",
                ["tenant"],
                "房屋区划",
                ["起租日期"],
                until=day("到期日期") + pl.duration(days=1),
            ),
            self._claim("housing.public_rental", ["applicant"], "现住址区划", ["申请日期"]),
            self._claim("hrss.employment", ["worker"], "常住区划", ["登记日期"]),
            self._claim("hrss.training", ["trainee"], "常住区划", ["开班日期"], lives=pl.col("常住区划").is_not_null()),
            self._claim("civil.assistance", ["recipient"], "现住址区划", ["起始日期"]),
        ]
        deaths = self.about("hfpc.death_certificate", "deceased").select(
            "person",
            dataset=pl.lit("hfpc.death_certificate"),
            began_on=day("死亡日期"),
            seen_on=day("死亡日期"),
            left_on=day("死亡日期"),
            died_on=day("死亡日期"),
            lives=pl.lit(False),
            leaves_home=pl.lit(False),
            is_home=pl.lit(False),
            is_sighting=pl.lit(False),
        )
        return pl.concat([*claims, deaths], how="diagonal").with_row_index("number")

    @cached_property
    def claims(self) -> pl.DataFrame:
        """Who is said to live where, from when (`from_on`) until when (`until`, at the latest that of her going)."""
        same_place = ["person", "dataset", "role", "place"]
        arrivals = (
            self.said.filter("lives", pl.col("arrived_on").is_not_null())
            .group_by("person", "place")
            .agg(came_on=pl.col("arrived_on").min())
        )
        claims = (
            self.said.filter("lives")
            .with_columns(
                first_on=pl.when("is_sighting").then(pl.col("began_on").filter("is_sighting").min().over(same_place))
            )
            .join(arrivals, on=["person", "place"], how="left")
            .with_columns(
                # a dose that was given before she came here is copied from the card that she brought
                from_on=pl.when(pl.col("dataset") == "hfpc.immunization", pl.col("came_on") > pl.col("first_on"))
                .then("came_on")
                .otherwise(pl.coalesce("arrived_on", "first_on", "began_on"))
            )
        )
        going = self.said.filter(pl.col("left_on").is_not_null()).select(
            "person", "left_on", "leaves_home", by="dataset", told_on="seen_on", dies=pl.col("died_on").is_not_null()
        )
        same = pl.col("dataset") == pl.col("by")
        gone = (
            claims.join(going, on="person")
            .filter(
                pl.col("seen_on") < pl.col("left_on_right"),
                pl.col("dies") | ~same | (pl.col("seen_on") < pl.col("told_on")),
                # giving up a place of stay ends no registration of a home
                pl.col("dies") | pl.col("leaves_home_right") | same | ~pl.col("is_home"),
            )
            .group_by("number")
            .agg(gone_on=pl.col("left_on_right").min())
        )
        return (
            claims.join(gone, on="number", how="left")
            .with_columns(until=pl.min_horizontal("until", "gone_on").fill_null(NEVER))
            .filter(pl.col("from_on") < pl.col("until"))
        )

    @cached_property
    def dead(self) -> pl.DataFrame:
        """Who has died, as far as a record says: person."""
        return self.said.filter(pl.col("died_on") <= AS_OF).select("person").unique()

    @cached_property
    def living(self) -> pl.DataFrame:
        """Who lives here on the day: person, place, hukou, birth_date, stayed_since, is_floating, is_resident."""
        now = (
            self.claims.filter(pl.col("from_on") <= AS_OF, pl.col("until") > AS_OF)
            .join(self.dead, on="person", how="anti")
            .with_columns(nearness=pl.col("dataset").replace_strict(NEARNESS, return_dtype=pl.Int64))
        )
        place = now.sort("is_home", "seen_on", "nearness", "place", descending=[False, True, False, False]).unique(
            "person", keep="first", maintain_order=True
        )
        stated = (
            now.filter(pl.col("arrived_on").is_not_null())
            .sort("nearness", "seen_on", "arrived_on", descending=[False, True, False])
            .unique("person", keep="first", maintain_order=True)
        )
        seen = now.filter(~pl.col("is_home")).group_by("person").agg(first_seen_on=pl.col("from_on").min())
        here, home = pl.col("place"), pl.col("hukou")
        return (
            place.select("person", "place")
            .join(stated.select("person", "arrived_on"), on="person", how="left")
            .join(seen, on="person", how="left")
            .join(self.persons, on="person")
            .with_columns(
                has_moved=(
                    (home.str.slice(0, 4) != here.str.slice(0, 4))
                    | ((home != here.str.slice(0, 6)) & ~(_is_urban(home) & _is_urban(here)))
                ).fill_null(False),
            )
            .with_columns(
                stayed_since=pl.when(pl.col("has_moved") | home.is_null())
                .then(pl.coalesce("arrived_on", "first_seen_on"))
                .otherwise("arrived_on")
            )
            .with_columns(
                is_floating=(pl.col("has_moved") & (pl.col("stayed_since") <= MONTH_AGO)).fill_null(False),
                is_resident=(
                    (~pl.col("has_moved") & home.is_not_null()) | (pl.col("stayed_since") <= HALF_YEAR_AGO)
                ).fill_null(False),
                district=here.str.slice(0, 6) + "000000",
            )
        )

    @cached_property
    def floating(self) -> pl.DataFrame:
        return self.living.filter("is_floating")

    @cached_property
    def registered(self) -> pl.DataFrame:
        """Who is on the register on the day, alive: person, registered_at."""
        return (
            self.said.filter(
                "is_home", pl.col("began_on") <= AS_OF, pl.col("until").is_null() | (pl.col("until") > AS_OF)
            )
            .join(self.dead, on="person", how="anti")
            .sort("began_on", descending=True)
            .unique("person", keep="first", maintain_order=True)
            .select("person", registered_at=pl.col("place"))
        )

    def group(self, name: str) -> pl.DataFrame:
        """The floating, or the registered who live here and are not floating."""
        if name == "floating":
            return self.floating
        return self.living.filter(~pl.col("is_floating")).join(self.registered, on="person", how="semi")

    # --- 1. How many are there?

    def people_by_district(self) -> pl.DataFrame:
        return self.living.group_by(division_code="district").agg(
            people=pl.len(), floating=pl.col("is_floating").sum(), resident=pl.col("is_resident").sum()
        )

    def floating_by_stay(self) -> pl.DataFrame:
        band = (
            pl.when(pl.col("stayed_since") > HALF_YEAR_AGO)
            .then(pl.lit("1m_6m"))
            .when(pl.col("stayed_since") > FIVE_YEARS_AGO)
            .then(pl.lit("6m_5y"))
            .otherwise(pl.lit("over_5y"))
        )
        return self.floating.group_by(stay_band=band).agg(floating=pl.len())

    def registered_by_district(self) -> pl.DataFrame:
        district = pl.col("registered_at").str.slice(0, 6) + "000000"
        return self.registered.group_by(division_code=district).agg(registered=pl.len())

    def in_flow_by_province(self) -> pl.DataFrame:
        """Stays of who is from elsewhere that began in the last 24 months and lasted a month, moves within the city
        taken together."""
        outsiders = self.persons.filter(pl.col("hukou").str.slice(0, 4) != CITY)
        stays = (
            self.claims.join(outsiders, on="person")
            .sort("person", "from_on", "until")
            .with_columns(so_far=pl.col("until").cum_max().shift(1).over("person"))
            .with_columns(stay=(pl.col("from_on") > pl.col("so_far")).fill_null(True).cum_sum().over("person"))
            .group_by("person", "hukou", "stay")
            .agg(pl.col("from_on").min(), pl.col("until").max())
        )
        return (
            stays.filter(
                pl.col("from_on").is_between(WINDOW, AS_OF),
                (pl.col("until") == NEVER) | (pl.col("until").dt.offset_by("-1mo") >= pl.col("from_on")),
            )
            .group_by(province=pl.col("hukou").str.slice(0, 2))
            .agg(people=pl.len())
        )

    # --- 2. Who is missing where?

    def without_registration_of_stay(self) -> pl.DataFrame:
        """The floating from 16 years on, and those of them whom the police do not have, by district."""
        due = self.floating.filter(pl.col("birth_date").dt.offset_by("192mo") <= AS_OF)
        records = self.about("psb.temporary_residence", "resident")
        has = records.filter(day("注销日期").is_null() | (day("注销日期") > AS_OF)).select("person").unique()
        return (
            due.join(has.with_columns(has=True), on="person", how="left")
            .group_by(division_code="district")
            .agg(expected=pl.len(), missing=pl.col("has").is_null().sum())
        )

    def missing_fields(self) -> pl.DataFrame:
        return pl.concat(
            self.records(dataset).select(
                dataset=pl.lit(dataset), field=pl.lit(field), records=pl.len(), missing=pl.col(column).is_null().sum()
            )
            for dataset, fields in FIELDS.items()
            for field, column in fields.items()
        ).unique()

    # --- 3. What is collected again and again?

    def asked_by_two_bureaus(self) -> pl.DataFrame:
        """Of people who live here or are registered: of how many two bureaus have asked the day of arrival, in how many
        datasets; and police and grid, the phone."""
        comes = pl.col("流向") == "1"
        asked = {
            "arrived_on": {
                "psb.temporary_residence": ("resident", day("来本地日期").is_not_null()),
                "grid.household_visit": ("resident", day("来本地日期").is_not_null()),
                "hfpc.padis_case": ("migrant", comes & day("流动日期").is_not_null()),
            },
            "phone": {
                "psb.temporary_residence": ("resident", pl.col("联系电话").is_not_null()),
                "psb.household_register": ("resident", pl.col("联系电话").is_not_null()),
                "grid.household_visit": ("resident", pl.col("联系电话").is_not_null()),
            },
        }
        counted = pl.concat([self.living.select("person"), self.registered.select("person")]).unique()
        by_field = []
        for field, datasets in asked.items():
            times = (
                pl.concat(
                    self.about(dataset, role)
                    .filter(has)
                    .select("person", bureau=pl.lit(dataset.split(".")[0]))
                    .unique()
                    for dataset, (role, has) in datasets.items()
                )
                .join(counted, on="person", how="semi")
                .group_by("person", "bureau")
                .agg(times=pl.len())
            )
            pairs = times.join(times, on="person").filter(pl.col("bureau") < pl.col("bureau_right"))
            by_field.append(
                pairs.group_by("bureau", other_bureau="bureau_right").agg(
                    field=pl.lit(field), people=pl.len(), collections=(pl.col("times") + pl.col("times_right")).sum()
                )
            )
        return pl.concat(by_field)

    # --- 4. Does service reach the floating as it reaches the registered?

    def covered(self) -> pl.DataFrame:
        """The floating and the registered due for a first dose against measles and for a health record, and those who
        have it, by district."""
        doses = self.about("hfpc.immunization", "child").filter(
            pl.col("疫苗代码") == "MR",
            pl.col("剂次") == "1",
            pl.col("接种类型") != "2",
            day("实种日期") <= AS_OF,
        )
        records = self.about("hfpc.health_record", "patient").filter(
            day("建档日期").is_null() | (day("建档日期") <= AS_OF)
        )
        results = []
        for name in ("floating", "registered"):
            group = self.group(name)
            since = pl.col("stayed_since") if name == "floating" else pl.lit(None, pl.Date)
            at_eight_months = pl.col("birth_date").dt.offset_by("8mo")
            small = group.filter(
                at_eight_months <= AS_OF,
                pl.col("birth_date").dt.offset_by("84mo") > AS_OF,
                since.is_null() | (since <= at_eight_months),
            )
            settled = group.filter(since.is_null() | (since.dt.offset_by("6mo") <= AS_OF))
            for service, due, given in (("vaccine_MR_1", small, doses), ("health_record", settled, records)):
                has = given.select("person").unique().with_columns(has=True)
                results.append(
                    due.join(has, on="person", how="left")
                    .group_by(division_code="district")
                    .agg(entitled=pl.len(), covered=pl.col("has").is_not_null().sum())
                    .with_columns(service=pl.lit(service), population_group=pl.lit(name))
                )
        return pl.concat(results)

    def used_by_permit_holders(self) -> pl.DataFrame:
        """The floating who hold a permit in force, and what they are entitled to and use."""
        permits = self.about("psb.temporary_residence", "resident").filter(
            day("签发日期") <= AS_OF,
            day("居住证有效期至").is_null() | (day("居住证有效期至") >= AS_OF),
            day("注销日期").is_null() | (day("注销日期") > AS_OF),
        )
        kinds = permits.group_by("person").agg(permit_kind=pl.col("证件种类").max().fill_null("unknown"))
        holders = self.floating.join(kinds, on="person")
        settled = pl.col("stayed_since").dt.offset_by("6mo") <= AS_OF
        born = pl.col("birth_date")

        def in_force(dataset: str, role: str, begins: str, ends: str | None) -> pl.DataFrame:
            lasts = pl.lit(True) if ends is None else day(ends).is_null() | (day(ends) > AS_OF)
            return self.about(dataset, role).filter(day(begins).is_null() | (day(begins) <= AS_OF), lasts)

        # who is not active is insured to the end of the last month paid for
        insured = self.about("hrss.social_insurance", "insured").filter(
            pl.col("险种").is_in(["310", "390"]),
            day("参保日期").is_null() | (day("参保日期") <= AS_OF),
            pl.coalesce(
                day("终止日期"),
                pl.when(pl.col("参保状态") == "0").then(pl.coalesce(_month_after("缴费截止年月"), day("参保日期"))),
            ).fill_null(NEVER)
            > AS_OF,
        )
        services = {
            "health_record": (settled, in_force("hfpc.health_record", "patient", "建档日期", None)),
            "insurance_medical": (pl.lit(True), insured),
            "employment_registration": (
                settled & (born.dt.offset_by("192mo") <= AS_OF) & (born.dt.offset_by("720mo") > AS_OF),
                in_force("hrss.employment", "worker", "登记日期", "注销日期"),
            ),
        }
        results = []
        for service, (due, given) in services.items():
            has = given.select("person").unique().with_columns(has=True)
            results.append(
                holders.join(has, on="person", how="left")
                .group_by("permit_kind")
                .agg(
                    service=pl.lit(service),
                    holders=pl.len(),
                    entitled=due.cast(pl.Int64).sum() if service != "insurance_medical" else pl.len().cast(pl.Int64),
                    used=(due & pl.col("has").is_not_null()).sum(),
                )
            )
        return pl.concat(results)

    def spent_per_person(self) -> pl.DataFrame:
        """The year's spending by district, service, source and whom it is for, in yuan, and per person of these."""
        files = sorted((self.landing / "finance").rglob("*.csv"))
        money = pl.concat(rows_of(path, "finance") for path in files).filter(pl.col("年度") == "2014")
        yuan = (
            money.group_by(
                division_code=pl.col("区划").str.slice(0, 6) + "000000",
                funding_service="服务项目",
                beneficiary="受益对象",
                fund_source="资金来源",
            )
            .agg(spent_yuan=pl.col("决算万元").cast(pl.Decimal(18, 4)).sum())
            .with_columns(pl.col("spent_yuan").cast(pl.Float64) * 10_000)
        )
        people = self.people_by_district().join(
            self.registered_by_district(), on="division_code", how="full", coalesce=True
        )
        of_whom = pl.concat(
            people.select("division_code", beneficiary=pl.lit(code), people=pl.col(column).fill_null(0).cast(pl.Int64))
            for code, column in (("1", "registered"), ("2", "floating"), ("9", "people"))
        )
        return yuan.join(of_whom, on=["division_code", "beneficiary"], how="left").with_columns(
            per_person=pl.when(pl.col("people") > 0).then(pl.col("spent_yuan") / pl.col("people"))
        )


def _month_after(column: str) -> pl.Expr:
    """The first day after a month."""
    month = pl.col(column).str.replace_all(r"\D", "").str.slice(0, 6)
    return (month + "01").str.to_date("%Y%m%d", strict=False).dt.offset_by("1mo")


def _is_urban(place: pl.Expr) -> pl.Expr:
    """Whether a place is in one of the city's own urban districts: 01 to 20 (市辖区), and the high-tech zone."""
    county = place.str.slice(4, 2).cast(pl.Int64, strict=False)
    return (place.str.slice(0, 4) == CITY) & (county.is_between(1, 20) | (county == 71))
