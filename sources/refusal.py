"""Why a delivery is not taken in, in the words of the person who has to put it right."""

from __future__ import annotations


class Refused(Exception):
    """A delivery is refused as a whole. Neither text may hold a personal value.

    Args:
        zh: what is wrong, where, and what to do, in Chinese.
        en: the same in English.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.zh = zh
        self.en = en
