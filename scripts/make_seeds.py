"""Write the seeds that are made from something else: code lists and rhythm from the contracts, readings from pypinyin.

    python scripts/make_seeds.py

`tests/dbt_project/test_seeds.py` fails when a seed is not what this writes. The division seeds are data of their own
and are not made here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

from sources.contract import CodeList, Contract, load_code_lists, load_contracts

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"

# Bureaus that use a list of their own for one idea: their code to the code of the list that all are brought to.
UNIFIED: dict[str, tuple[str, dict[str, str]]] = {
    "dwelling_psb": (
        "dwelling",
        {"1": "02", "2": "05", "3": "06", "4": "01", "5": "04", "6": "99", "9": "99"},
    ),
    "stay_reason_psb": (
        "flow_reason",
        {
            "01": "01",
            "02": "02",
            "03": "03",
            "04": "01",  # 服务: wage work, which GB/T 31000 does not tell apart from 务工
            "05": "99",  # 因公出差: a journey, not 工作调动
            "06": "04",
            "07": "07",
            "08": "01",  # 保姆
            "09": "08",
            "10": "08",
            "11": "99",
            "99": "99",
        },
    ),
}

# Lists in which a deeper code rolls up to its tens, with the codes below each that do not follow their first digit.
HIERARCHICAL: dict[str, dict[str, str]] = {
    "marital": {},
    "education": {},
    "relationship": {"01": "01", "02": "02", "03": "02", "98": "98", "99": "99"}
    | {str(code): "97" for code in range(81, 98)},
}

# Of these the contracts give the tens alone; bureaus may use the depth of the standard.
TENS_ONLY: frozenset[str] = frozenset({"education"})

# Characters read otherwise where they are the surname, that is, first in a name. Only those that pypinyin's ordinary
# reading misses are written to the seed.
SURNAMES: dict[str, str] = {
    "单": "shan", "曾": "zeng", "解": "xie", "查": "zha", "仇": "qiu", "朴": "piao", "区": "ou", "盖": "ge",
    "尉": "wei", "乐": "yue", "员": "yun", "缪": "miao", "翟": "zhai", "覃": "qin", "冼": "xian", "折": "she",
    "种": "chong", "秘": "bi", "召": "shao", "宓": "mi", "祭": "zhai", "华": "hua", "纪": "ji", "燕": "yan",
    "逄": "pang", "牟": "mu", "隗": "wei", "洗": "xian", "都": "du", "佴": "nai", "呙": "guo", "郇": "xun",
    "眭": "sui", "繁": "po", "令": "ling", "车": "che", "沈": "shen", "宿": "su", "柏": "bai", "郗": "xi",
    "谌": "chen", "万": "wan", "仉": "zhang", "葛": "ge", "任": "ren", "应": "ying", "过": "guo", "那": "na",
    "撒": "sa", "哈": "ha", "黑": "he", "朝": "chao", "盛": "sheng", "晟": "cheng", "贾": "jia", "卜": "bu",
    "瞿": "qu", "郝": "hao", "阚": "kan", "訾": "zi", "幺": "yao", "鲜": "xian", "曲": "qu", "殷": "yin",
    "干": "gan", "强": "qiang", "於": "yu", "俞": "yu", "褚": "chu", "石": "shi", "什": "shi",
}  # fmt: skip

# Han characters of GBK and all of those that name registers write: the first block, its extension A, and 〇.
HAN_RANGES: tuple[tuple[int, int], ...] = ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))


def code_rows(lists: dict[str, CodeList]) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows (list, code, name_zh, unified_list, unified_code), one per list and code that a bureau may write."""
    for name in sorted(lists):
        for code, label in sorted(_with_deeper_codes(name, lists[name].values).items()):
            target, mapping = UNIFIED.get(name, (name, {}))
            yield name, code, label, target, mapping[code] if mapping else _unified(name, code, lists[name].values)


def _with_deeper_codes(name: str, values: dict[str, str]) -> dict[str, str]:
    """A list of which only the tens are given, with every code below them, labelled as they are."""
    if name not in TENS_ONLY:
        return dict(values)
    deeper = {f"{code[0]}{digit}": label for code, label in values.items() for digit in range(1, 10)}
    return deeper | values


def _unified(name: str, code: str, values: dict[str, str]) -> str:
    if name not in HIERARCHICAL:
        return code
    tens = f"{code[0]}0"
    return HIERARCHICAL[name].get(code, tens if tens in values else code)


def pinyin_rows() -> Iterator[tuple[str, str, str]]:
    """Rows (character, reading, surname_reading): letters without tones, ü as v; surname_reading is mostly empty."""
    for character in (chr(point) for first, last in HAN_RANGES for point in range(first, last + 1)):
        if ord(character) not in PINYIN_DICT:
            continue
        reading = lazy_pinyin(character, style=Style.NORMAL)[0]
        surname = SURNAMES.get(character, reading)
        yield character, reading, "" if surname == reading else surname


def rhythm_rows(contracts: dict[str, Contract]) -> Iterator[tuple[str, str, str]]:
    """Rows (dataset, every_days, grace_days): how often each contract says that its dataset is delivered."""
    for dataset, contract in contracts.items():
        yield dataset, str(contract.rhythm.every_days), str(contract.rhythm.grace_days)


def as_csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """CSV text with \\n at line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def made_seeds() -> dict[str, str]:
    """File name to content of every seed that is made."""
    return {
        "code_list.csv": as_csv(
            ("list", "code", "name_zh", "unified_list", "unified_code"), code_rows(load_code_lists())
        ),
        "delivery_rhythm.csv": as_csv(("dataset", "every_days", "grace_days"), rhythm_rows(load_contracts("active"))),
        "pinyin.csv": as_csv(("character", "reading", "surname_reading"), pinyin_rows()),
    }


def main() -> None:
    """Write the seeds."""
    for name, content in made_seeds().items():
        (SEEDS / name).write_text(content, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
