"""An explanation as one page: no script, no other file, no network; written for its owner's eyes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from identity.explain import (
    FIELDS,
    Link,
    Mention,
    Pair,
    Person,
    Score,
    shown,
)
from sources.evidence import words_of

OWNER_ONLY_FILE = 0o600
FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
METHODS = {"certain": "确定 certain", "probable": "推定 probable", "decided": "判定 decided", "single": "单独 single"}
COMPARISONS = {
    "name": "姓名 name",
    "name_frequency": "姓名常见程度 how common the name is",
    "birth_date": "出生日期 birth date",
    "sex": "性别 sex",
    "phone": "电话 phone",
    "number": "身份号码 number",
    "relative": "亲属 relatives",
    "place": "居住地 place",
    "employer": "单位 employer",
}
LEVELS = {
    "same": "相同 same",
    "sound": "读音相同 sounds alike",
    "similar": "相近 similar",
    "half": "差一字 one character apart",
    "surname": "同姓 same surname",
    "one part": "差一处 one part differs",
    "year": "年份相近 same year or next",
    "slip": "差一位 one slip",
    "birth": "出生日期段相同 same birth digits",
    "number": "号码相同 same number",
    "community": "同社区 same community",
    "township": "同乡镇 same township",
    "district": "同旗县区 same district",
    "else": "不同 differs",
    "null": "无从比较 not known",
    "": "",
}
AGREEMENTS = {"same": "相同 same", "similar": "相近 similar", "differs": "不同 differs", "absent": "缺 not known"}
_COLOURS = {"certain": "#1f7a4d", "probable": "#b36b00", "decided": "#6b4fa0", "single": "#566270"}
_FOR, _AGAINST, _SUM = "#1f7a4d", "#b3362a", "#3579b8"
_STYLE = f"""
:root{{color-scheme:light}}*{{box-sizing:border-box}}body{{font:15px/1.6 {FONT};color:#1b2430;background:#f4f5f7;
margin:0}}main{{max-width:1120px;margin:0 auto;padding:20px}}section,header{{background:#fff;border:1px solid #d9dee5;
border-radius:8px;padding:12px 20px 18px;margin:0 0 16px}}h1{{font-size:24px;margin:4px 0}}h2{{font-size:18px;
margin:6px 0}}h3{{font-size:15px;margin:12px 0 2px}}small,.en{{color:#566270;font-size:13px;font-weight:400}}
.wide{{overflow-x:auto}}table{{border-collapse:collapse;font-size:13.5px;width:100%}}th{{text-align:left;color:#566270;
font-weight:500;border-bottom:2px solid #d9dee5}}td,th{{padding:4px 12px 4px 0;vertical-align:top}}
td{{border-bottom:1px solid #e6eaef}}.n{{text-align:right;font-variant-numeric:tabular-nums}}
.differs{{color:{_AGAINST}}}.same,.similar{{color:{_FOR}}}.absent{{color:#7a8592}}.verdict{{font-size:20px;
font-weight:700}}svg{{display:block;max-width:none}}
"""


def write_page(page: str, file: Path) -> None:
    """Write a page that its owner alone can read."""
    file.touch(mode=OWNER_ONLY_FILE)
    file.chmod(OWNER_ONLY_FILE)
    file.write_text(page, encoding="utf-8")


def person_page(person: Person, names: Mapping[str, str], *, is_revealed: bool) -> str:
    """How a person came together: a tree of her different descriptions, what Splink weighed, every record.

    Args:
        person: what `identity.explain.explain_person` found.
        names: of datasets, in Chinese.
        is_revealed: show values as they are, not masked.
    """
    events = "".join(
        f"<tr><td>{escape(event.build_id)}</td><td>{escape(event.kind)}</td><td>{escape(event.person_id)}</td>"
        f"<td>{escape(event.other_person_id or '')}</td><td>{escape(event.reason)}</td></tr>"
        for event in person.events
    )
    by_id = {item.mention_id: item for item in person.mentions}
    waterfalls = "".join(
        f"<h3>#{by_id[score.mention_id].looks} {escape(_place(by_id[score.mention_id], names))}</h3>{waterfall(score)}"
        for score in person.scores
    )
    body = [
        f"<header><h1>人员解释 <span class='en'>How the records came to this person</span></h1>"
        f"<p>编号 person_id {escape(person.person_id)} · 记录 records {len(person.mentions)} · "
        f"不同写法 different descriptions {len({item.looks for item in person.mentions})}</p></header>",
        _section(
            "怎样连在一起", "What holds them together: a link for each description", _tree(person, names, is_revealed)
        ),
    ]
    if waterfalls:
        body.append(
            _section(
                "打分明细", "Splink's score, in bits: to the right for one person, to the left against", waterfalls
            )
        )
    body.append(_section("全部记录", "Every record", _records(person.mentions, names, is_revealed)))
    body.append(
        _section(
            "编号的变化",
            "What happened to the number",
            f"<div class='wide'><table><tr><th>建库 build</th><th>事件 event</th><th>编号 number</th>"
            f"<th>另一编号 other</th><th>原因 reason</th></tr>{events}</table></div>",
        )
    )
    return _document("人员解释", "".join(body))


def pair_page(pair: Pair, names: Mapping[str, str], *, is_revealed: bool) -> str:
    """Two mentions side by side, what speaks for and against their being one, and Splink's score."""
    one, other = (shown(item, is_revealed=is_revealed) for item in (pair.one, pair.other))
    rows = "".join(
        f"<tr><td>{escape(words)}</td><td>{escape(one[column])}</td><td>{escape(other[column])}</td>"
        f"<td class='{pair.fields[column]}'>{AGREEMENTS[pair.fields[column]]}</td></tr>"
        for column, words, _ in FIELDS
        if one[column] or other[column]
    )
    rules = "".join(
        f"<tr><td>{escape(words_of(rule.evidence))} <small>{escape(rule.evidence)}</small></td>"
        f"<td class='n'>{rule.confidence:.3f}</td><td class='n'>{'' if rule.people is None else rule.people}</td></tr>"
        for rule in pair.rules
    )
    against = "".join(f"<li>{escape(zh)} <span class='en'>{escape(en)}</span></li>" for zh, en in pair.against)
    by_id = {item.mention_id: item for item in pair.mentions}
    chain = "".join(
        f"<li>{escape(_place(by_id[link.one], names))} — {escape(words_of(link.evidence))} "
        f"({link.confidence:.4f}) — {escape(_place(by_id[link.other], names))}</li>"
        for link in pair.chain
    )
    body = [
        "<header><h1>两条记录 <span class='en'>Two mentions</span></h1>"
        f"<p class='verdict'>{escape(pair.verdict[0])}</p>"
        f"<p class='en'>{escape(pair.verdict[1])}</p></header>",
        _section(
            "逐项对照",
            "Field by field",
            f"<div class='wide'><table><tr><th></th><th>{escape(_place(pair.one, names))}</th>"
            f"<th>{escape(_place(pair.other, names))}</th><th></th></tr>{rows}</table></div>",
        ),
    ]
    if chain:
        body.append(_section("相连的路径", "The chain of links", f"<ol>{chain}</ol>"))
    body.append(
        _section(
            "符合的规则",
            "Rules they satisfy; a rule links only where exactly one person has its key",
            f"<table><tr><th>规则 rule</th><th class='n'>可信度 confidence</th><th class='n'>人数 people</th></tr>"
            f"{rules}"
            "</table>"
            if rules
            else "<p>没有 <span class='en'>none</span></p>",
        )
    )
    if against:
        body.append(_section("不利的证据", "What speaks against", f"<ul>{against}</ul>"))
    if pair.score:
        body.append(_section("打分明细", "Splink's score, in bits", waterfall(pair.score)))
    return _document("两条记录", "".join(body))


def waterfall(score: Score) -> str:
    """The score as bars, each from where the one before ended: SVG."""
    steps: list[tuple[str, str, float]] = [("起点 before anything is compared", "", score.start)]
    steps += [
        (COMPARISONS.get(step.comparison, step.comparison), LEVELS.get(step.level, step.level), step.bits)
        for step in score.steps
        if step.level != "null"
    ]
    ends = [0.0]
    for _, _, bits in steps:
        ends.append(ends[-1] + bits)
    low, high = min(ends), max(*ends, 1.0)
    left, width, row = 360, 520, 24
    scale = width / (high - low)

    def at(value: float) -> float:
        return left + (value - low) * scale

    height = row * (len(steps) + 1) + 26
    parts = [
        f'<svg role="img" aria-label="打分明细 score" viewBox="0 0 {left + width + 110} {height}" '
        f'width="{left + width + 110}" height="{height}" font-family="{escape(FONT)}" font-size="13">',
        f'<line x1="{at(0):.1f}" x2="{at(0):.1f}" y1="0" y2="{height - 22}" stroke="#9aa4af" stroke-dasharray="3 3"/>',
    ]
    for place, (name, level, bits) in enumerate(steps):
        y = place * row
        begin, end = sorted((at(ends[place]), at(ends[place + 1])))
        colour = _SUM if place == 0 else _FOR if bits >= 0 else _AGAINST
        parts.append(f'<text x="0" y="{y + 16}">{escape(name)}</text>')
        parts.append(f'<text x="{left - 150}" y="{y + 16}" fill="#566270">{escape(level)}</text>')
        parts.append(
            f'<rect x="{begin:.1f}" y="{y + 4}" width="{max(end - begin, 1):.1f}" height="{row - 8}" fill="{colour}"/>'
        )
        parts.append(f'<text x="{end + 5:.1f}" y="{y + 16}">{bits:+.1f}</text>')
    y = len(steps) * row
    begin, end = sorted((at(0), at(score.weight)))
    parts.append(f'<text x="0" y="{y + 16}" font-weight="700">合计 together</text>')
    parts.append(
        f'<rect x="{begin:.1f}" y="{y + 4}" width="{max(end - begin, 1):.1f}" height="{row - 8}" fill="{_SUM}"/>'
    )
    parts.append(f'<text x="{end + 5:.1f}" y="{y + 16}" font-weight="700">{score.weight:+.1f}</text></svg>')
    return (
        f"<div class='wide'>{''.join(parts)}</div><p>概率 probability {score.probability:.6f} · 候选人 candidates "
        f"{score.candidates}</p>"
    )


def _tree(person: Person, names: Mapping[str, str], is_revealed: bool) -> str:
    """The different descriptions as a tree: each hangs on the one that explains it. SVG."""
    by_id = {item.mention_id: item for item in person.mentions}
    firsts: dict[int, Mention] = {}
    counts: dict[int, int] = {}
    for item in person.mentions:
        firsts.setdefault(item.looks, item)
        counts[item.looks] = counts.get(item.looks, 0) + 1
    parents: dict[int, tuple[int, Link]] = {}
    placed = {1}
    for link in person.tree:
        one, other = by_id[link.one].looks, by_id[link.other].looks
        parent, child = (one, other) if one in placed else (other, one)
        parents[child] = (parent, link)
        placed.add(child)
    order = list(_walk(1, parents))
    order += [(looks, 0) for looks in sorted(firsts) if looks not in {looks for looks, _ in order}]
    row, indent = 46, 34
    y_of = {looks: place * row + 26 for place, (looks, _) in enumerate(order)}
    x_of = {looks: depth * indent + 14 for looks, depth in order}
    width, height = max(x_of.values()) + 860, len(order) * row + 10
    parts = [
        f'<svg role="img" aria-label="连接 links" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{escape(FONT)}" font-size="13">'
    ]
    for looks, (parent, link) in parents.items():
        colour = _COLOURS[link.method]
        parts.append(
            f'<path d="M{x_of[parent]} {y_of[parent]} V{y_of[looks]}" fill="none" stroke="#9aa4af"/>'
            f'<path d="M{x_of[parent]} {y_of[looks]} H{x_of[looks]}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
    for looks, _ in order:
        item, x, y = firsts[looks], x_of[looks], y_of[looks]
        link_of = parents.get(looks)
        colour = _COLOURS[link_of[1].method if link_of else item.method]
        fields = shown(item, is_revealed=is_revealed)
        said = " ".join(
            fields[column]
            for column in ("name", "id_number", "doubtful_number", "birth_date", "phone")
            if fields[column]
        )
        why = (
            f"{words_of(link_of[1].evidence)}  {link_of[1].confidence:.4f}  ← #{link_of[0]}"
            if link_of
            else f"{words_of(item.evidence) or '单独 single'}"
        )
        parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="{colour}"/>')
        parts.append(
            f'<text x="{x + 14}" y="{y - 2}"><tspan font-weight="700">#{looks}</tspan> '
            f"{escape(_named(item, names))} ×{counts[looks]}  {escape(said)}</text>"
        )
        parts.append(f'<text x="{x + 14}" y="{y + 15}" fill="{colour}">{escape(why)}</text>')
    legend = " · ".join(
        f"<span style='color:{_COLOURS[method]}'>● {METHODS[method]}</span>"
        for method in ("certain", "probable", "decided")
    )
    return f"<p>{legend}</p><div class='wide'>{''.join(parts)}</svg></div>"


def _walk(looks: int, parents: Mapping[int, tuple[int, Link]], depth: int = 0) -> Iterable[tuple[int, int]]:
    waiting = [(looks, depth)]
    while waiting:
        place, deep = waiting.pop()
        yield place, deep
        waiting += sorted(
            ((child, deep + 1) for child, (parent, _) in parents.items() if parent == place), reverse=True
        )


def _records(mentions: Sequence[Mention], names: Mapping[str, str], is_revealed: bool) -> str:
    rows = "".join(
        f"<tr><td class='n'>#{item.looks}</td><td>{escape(_named(item, names))}</td><td>{escape(item.role)}</td>"
        f"<td>{escape(item.file or '')}</td><td class='n'>{item.row or ''}</td>"
        f"<td>{escape(item.extract_date or '')}</td><td>{METHODS[item.method]}</td>"
        f"<td>{escape(words_of(item.evidence))} <small>{escape(item.evidence or '')}</small></td>"
        f"<td class='n'>{item.confidence:.4f}</td><td><small>{escape(item.ref)}</small></td></tr>"
        for item in mentions
    )
    return (
        "<div class='wide'><table><tr><th class='n'>写法</th><th>数据集 dataset</th><th>身份 role</th>"
        "<th>文件 file</th><th class='n'>行 row</th><th>报送日 extract</th><th>方法 method</th><th>证据 evidence</th>"
        f"<th class='n'>可信度 confidence</th><th>记录 record_ref:role</th></tr>{rows}</table></div>"
    )


def _named(item: Mention, names: Mapping[str, str]) -> str:
    return names.get(item.dataset, item.dataset)


def _place(item: Mention, names: Mapping[str, str]) -> str:
    return f"{_named(item, names)} {item.file or ''} {item.row or ''} {item.role}"


def _section(zh: str, en: str, content: str) -> str:
    return f"<section><h2>{zh} <span class='en'>{en}</span></h2>{content}</section>"


def _document(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
