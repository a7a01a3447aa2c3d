"""What links stand on, in words: identity names fields in English, joined by +; people read them in Chinese."""

from __future__ import annotations

_WORDS = {
    "number": "身份号码",
    "name": "姓名",
    "name_key": "姓名同音",
    "similar_name": "姓名相近",
    "birth_date": "出生日期",
    "sex": "性别",
    "phone": "电话",
    "mother": "母亲",
    "mother_number": "母亲身份号码",
    "guardian_number": "监护人身份号码",
    "number_slip": "号码只差一处",
    "corrected_number": "号码经更正",
    "relative": "亲属",
    "relative_household": "亲属所在户",
    "role": "同一身份",
    "household": "同户",
    "home": "户籍地",
    "place": "居住地",
    "employer": "单位",
    "decision": "人工判定",
    "alike": "写法完全相同",
    "none": "无",
}


def words_of(evidence: str | None) -> str:
    """An evidence in Chinese: its parts, joined."""
    return " + ".join(_WORDS.get(part, part) for part in evidence.split("+")) if evidence else ""
