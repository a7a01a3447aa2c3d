"""Why a delivery is not taken in, in the words of the person who has to put it right."""

from __future__ import annotations


class Refused(Exception):
    """A delivery is refused as a whole. Neither text may hold a personal value.

    Args:
        zh: what is wrong, where, and what to do, in Chinese.
        en: the same in English.
        may_pass: that it may be otherwise in a minute: a server that is not there, not a file that is wrong.
    """

    def __init__(self, zh: str, en: str, *, may_pass: bool = False) -> None:
        super().__init__(f"{zh} {en}")
        self.may_pass = may_pass
        self.zh = zh
        self.en = en
