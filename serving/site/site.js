// The audit site's one script: no framework, no build step, no network. Pages are opened as files as often as from a
// server, where fetch() fails: data come as scripts that call sijiku.take(name, data).
"use strict";

const sijiku = (() => {
  const taken = new Map(), asked = new Map();

  /** Called by each file of data. */
  function take(name, data) { taken.set(name, data); }

  /** The data of a file under data/; rejected where this copy of the site has no such file. */
  function load(name) {
    if (!asked.has(name)) {
      asked.set(name, new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = "data/" + name.split("/").map(encodeURIComponent).join("/") + ".js";
        script.onload = () => { script.remove(); done(taken.get(name)); };
        script.onerror = () => { script.remove(); asked.delete(name); failed(new Error(name)); };
        document.head.append(script);
      }));
    }
    return asked.get(name);
  }
  /** Pages of findings that were looked through need not stay in memory. */
  function forget(name) { taken.delete(name); asked.delete(name); }
  return { take, load, forget };
})();

(() => {
  const { load, forget } = sijiku;

  // ---------------------------------------------------------------- language
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("lang");
  let kept = null;
  try { kept = localStorage.getItem("sijiku-lang"); } catch { /* some browsers keep nothing for files */ }
  setLang(asked === "en" || asked === "zh" ? asked : kept === "en" ? "en" : "zh");
  function setLang(lang) {
    root.dataset.lang = lang;
    root.lang = lang === "en" ? "en" : "zh-CN";
    try { localStorage.setItem("sijiku-lang", lang); } catch { /* as above */ }
  }
  const T = (zh, en) => root.dataset.lang === "en" ? en : zh;

  // ---------------------------------------------------------------- words
  const SEVERITY = { error: ["严重", "error"], warn: ["警告", "warning"], info: ["提示", "information"] };
  const STATUS = { pass: ["通过", "pass"], pass_with_violations: ["有问题，未超阈值", "within the threshold"],
    fail: ["超过阈值", "failed"], error: ["评判出错", "error"], not_applicable: ["不适用", "nothing to look at"], not_judged: ["未评判", "not judged"] };
  const MARK = { pass: "✓", pass_with_violations: "△", fail: "✗", error: "✗", not_applicable: "–" };
  const STATE = { open: ["未处理", "open"], acknowledged: ["已受理", "acknowledged"], fixed: ["已报整改", "said to be fixed"],
    waived: ["豁免", "waived"], verified: ["已消除", "gone"], reopened: ["重新打开", "opened again"] };
  const LEVEL = { city: ["市", "city"], district: ["旗县区", "district"], township: ["乡镇、街道", "township"], community: ["社区、村", "community"] };
  const MEASURE = { missing_rate: ["缺失率", "missing values"], duplicate_rate: ["重复率", "duplicates"],
    findings_per_1000: ["每千条问题", "findings per 1000"], timeliness: ["及时率", "timeliness"] };
  const GROUP = { all: ["全体", "everybody"], floating: ["流动人口", "floating"], registered: ["户籍人口", "registered"],
    long_names: ["四字及以上姓名（多为蒙古族等）", "long names"], children: ["15岁以下", "children"], women: ["女性", "women"],
    no_valid_number: ["无有效号码", "no valid number"], sex_1: ["男", "men"], sex_2: ["女", "women"],
    scope_1: ["跨省", "from other provinces"], scope_2: ["区内跨盟市", "from other prefectures"], scope_3: ["市内跨旗县", "from other counties of the city"] };
  const BUREAU = { psb: "police", hfpc: "health and family planning", edu: "education", civil: "civil affairs", hrss: "labour and social security",
    housing: "housing", grid: "grid management", finance: "finance", ref: "reference data", survey: "survey", centre: "information centre" };
  const METHOD = { chapman: ["双系统（Chapman）", "two lists (Chapman)"], log_linear: ["对数线性", "log-linear"] };
  const KAHN = { conformance: "conformance 一致", completeness: "completeness 完整", plausibility: "plausibility 合理" };
  const word = (words, key) => words[key] ? T(...words[key]) : key ?? "";
  const HIGHER = new Set(["timeliness"]);
  const OPEN = ["open", "acknowledged", "fixed"];
  const SHOWN = 100;

  // ---------------------------------------------------------------- making elements
  /** An element; text is text, never HTML. */
  function h(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }
  const svgNs = "http://www.w3.org/2000/svg";
  function s(tag, attributes, ...children) {
    const element = document.createElementNS(svgNs, tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }
  const section = (zh, en, ...children) => h("section", {}, h("h2", {}, T(zh, en)), ...children);
  const part = (zh, en) => h("h3", {}, T(zh, en));
  const number = (value) => value === null || value === undefined ? "" : value === -1 ? "<10" : value.toLocaleString("en-US");
  const decimal = (value, digits = 2) => value === null || value === undefined ? "" : value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: digits });
  const percent = (share, digits = 2) => share === null || share === undefined || !isFinite(share) ? "" : (100 * share).toFixed(digits) + "%";
  const rate = (some, all) => all > 0 ? some / all : null;
  const measured = (measure, value) => value === null || value === undefined ? "" : measure === "findings_per_1000" ? decimal(value, 1) : percent(value);
  const link = (href, ...children) => h("a", { href: withLang(href) }, ...children);
  function withLang(href) {
    if (root.dataset.lang !== "en" || /^(#|\.\.|[a-z]+:)/.test(href)) return href;
    const [path, hash] = href.split("#");
    return path + "?lang=en" + (hash !== undefined ? "#" + hash : "");
  }
  const hashOf = (values) => "#" + new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  const none = () => h("p", {}, T("无。", "None."));

  /** A table. Columns: [zh, en, "n" for numbers or "c" for centred]; cells are text or elements; a row may be
   *  {cells, chosen}. The first cell of a row is its heading. */
  function table(columns, rows, caption) {
    if (!rows.length) return none();
    return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption || T("表", "table") }, h("table", {},
      caption && h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map(([zh, en, kind]) => h("th", { scope: "col", class: kind }, T(zh, en))))),
      h("tbody", {}, rows.map((row) => {
        const cells = Array.isArray(row) ? row : row.cells;
        return h("tr", { class: row.chosen ? "chosen" : null },
          cells.map((cell, place) => h(place ? "td" : "th", { class: columns[place][2], scope: place ? null : "row" }, cell ?? "")));
      }))));
  }
  function facts(pairs) {
    return h("dl", { class: "facts" }, pairs.filter(([, , value]) => value !== null && value !== undefined && value !== "")
      .map(([zh, en, value]) => [h("dt", {}, T(zh, en)), h("dd", {}, value)]));
  }
  const bar = (value, most) => h("span", { class: "measure", "aria-hidden": "true", style: `width:${Math.max(most > 0 ? 110 * value / most : 0, value > 0 ? 1 : 0).toFixed(0)}px` });
  const severity = (name) => h("span", { class: "short" + (name === "error" ? " bad" : name === "warn" ? " warn" : "") }, word(SEVERITY, name));
  const status = (name) => h("span", { class: name === "fail" || name === "error" ? "bad" : name === "pass" ? "ok" : "warn" }, `${MARK[name] || ""} ${word(STATUS, name)}`);
  const details = (zh, en, ...children) => h("details", {}, h("summary", {}, T(zh, en)), ...children);

  // ---------------------------------------------------------------- charts
  /** Points joined by a line, each with its number. */
  function line(points, label) {
    const width = 640, high = 170, left = 60, step = points.length > 1 ? (width - 120) / (points.length - 1) : 0;
    const most = Math.max(...points.map(([, value]) => value), 1);
    const at = points.map(([, value], place) => [left + place * step, 24 + (high - 24) * (1 - value / most)]);
    const every = Math.ceil(points.length / 8);
    return h("div", { class: "chart fits", tabindex: "0" }, s("svg", { role: "img", "aria-label": label, viewBox: `0 0 ${width} ${high + 30}`, width, height: high + 30, fill: "currentColor", "font-size": 12 },
      s("line", { x1: left, x2: width - 60, y1: high, y2: high, stroke: "currentColor", "stroke-opacity": .3 }),
      s("polyline", { points: at.map((point) => point.map((part) => part.toFixed(1)).join(" ")).join(","), fill: "none", stroke: "var(--bar)", "stroke-width": 2.5 }),
      ...points.flatMap(([name, value], place) => {
        const shown = (points.length - 1 - place) % every === 0;
        return [s("circle", { cx: at[place][0], cy: at[place][1], r: 4, fill: "var(--bar)" }),
          ...(shown ? [s("text", { x: at[place][0], y: at[place][1] - 9, "text-anchor": "middle" }, number(value)),
            s("text", { x: at[place][0], y: high + 20, "text-anchor": "middle" }, name)] : [])];
      })));
  }
  /** The districts in shades of a value: `values` by code; null where there is none. */
  async function districtMap(values, show, label) {
    const { frames, shades } = await load("map");
    const names = await divisionNames();
    const known = Object.entries(values).filter(([code, value]) => value !== null && value !== undefined && frames.whole.districts[code]).map(([, value]) => value);
    const low = Math.min(...known), high = Math.max(...known), step = (high - low) / shades.length;
    const shade = (value) => value === null || value === undefined ? "#d5d9df" : shades[step > 0 ? Math.min(Math.floor((value - low) / step), shades.length - 1) : 2];
    const drawn = Object.entries(frames).map(([key, frame]) => {
      const [x, y, width, height] = frame.box;
      const group = s("g", { "clip-path": `url(#clip-${key})` });
      for (const [code, [path]] of Object.entries(frame.districts))
        group.append(s("path", { d: path, fill: shade(values[code]), stroke: "#59626d" }, s("title", {}, `${names.get(code) || code} ${values[code] === null || values[code] === undefined ? "–" : show(values[code])}`)));
      for (const [code, [, place]] of Object.entries(frame.districts)) if (place) {
        const text = s("text", { x: place[0], y: place[1] - 2, "text-anchor": "middle", "font-size": 11.5, fill: "#14181d", stroke: "#fff", "stroke-width": 2.4, "paint-order": "stroke" }, names.get(code) || code);
        text.append(s("tspan", { x: place[0], dy: 13 }, values[code] === null || values[code] === undefined ? "–" : show(values[code])));
        group.append(text);
      }
      return [s("clipPath", { id: `clip-${key}` }, s("rect", { x, y, width, height })), group];
    });
    const legend = known.length ? shades.flatMap((colour, place) => step > 0 || place === 2 ? [
      s("rect", { x: 350 + 84 * place, y: 318, width: 14, height: 14, fill: colour }),
      s("text", { x: 368 + 84 * place, y: 330, "font-size": 11.5 }, "≥ " + show(low + place * step))] : []) : [];
    const [x, y, width, height] = frames.urban.box;
    return h("div", { class: "chart fits", tabindex: "0" }, s("svg", { role: "img", "aria-label": label, viewBox: "0 0 800 500", width: 800, height: 500, fill: "currentColor" },
      ...drawn.flat(), s("rect", { x, y, width, height, fill: "none", stroke: "currentColor", "stroke-opacity": .35 }),
      s("text", { x: 350, y: 46, "font-size": 12 }, T("市区放大", "the urban districts, larger")), ...legend));
  }
  /** An estimate between its bounds, on a line from `from` to `to`; `mark` is what it is compared with. */
  function interval(estimate, low, high, from, to, mark) {
    const at = (value) => (100 * Math.min(Math.max((value - from) / ((to - from) || 1), 0), 1)).toFixed(1);
    return h("span", { class: "interval", "aria-hidden": "true" },
      low !== null && h("i", { style: `left:${at(low)}%;width:${(at(high) - at(low)).toFixed(1)}%` }),
      h("b", { style: `left:calc(${at(estimate)}% - 1px)` }), mark !== null && mark !== undefined && h("s", { style: `left:${at(mark)}%` }));
  }

  // ---------------------------------------------------------------- names
  let build, rules, ruleById;
  const areas = new Map();
  async function basics() {
    [build, rules] = await Promise.all([load("build"), load("rules")]);
    ruleById = new Map(rules.map((rule) => [rule.rule_id, rule]));
  }
  async function allAreas() {
    if (!areas.size) for (const [code, name, level, parent, unallocated, scores] of await load("areas")) areas.set(code, { code, name, level, parent, unallocated, scores });
    return areas;
  }
  async function divisionNames() { return new Map([...await allAreas()].map(([code, area]) => [code, area.name])); }
  const ruleName = (id) => { const rule = ruleById.get(id); return rule ? T(rule.name_zh, rule.name_en) : id; };
  const bureauName = (id) => id ? T(build.bureaus[id] || id, BUREAU[id] || id) : T("未知", "unknown");
  const datasetName = (id) => id ? T(build.datasets[id] ? build.datasets[id].zh : id, id) : "";
  const bureauOf = (dataset) => dataset ? (build.datasets[dataset] ? build.datasets[dataset].bureau : dataset.split(".")[0]) : "";
  const fieldName = (id) => T(build.fields[id] || id, id.replaceAll("_", " "));
  const ruleLink = (id) => link("rules.html" + hashOf({ rule: id }), ruleName(id));
  const bureauLink = (id) => build.bureaus[id] ? link("bureaus.html" + hashOf({ bureau: id }), bureauName(id)) : bureauName(id);
  const areaLink = (code) => areas.has(code) ? link("areas.html" + hashOf({ area: code }), areas.get(code).name) : code || T("无区划", "no division");
  const findingsLink = (values, ...children) => link("findings.html" + hashOf(values), ...children);
  /** A division and those above it, from the city down. */
  function ancestors(code) {
    const found = [];
    for (let area = areas.get(code); area && !found.includes(area); area = areas.get(area.parent)) found.unshift(area);
    return found;
  }
  const children = (code) => [...areas.values()].filter((area) => area.parent === code);
  const city = () => [...areas.values()].find((area) => area.level === "city");
  const threshold = (rule) => [rule.threshold_rate !== null && rule.threshold_rate !== undefined ? percent(rule.threshold_rate) : null, rule.threshold_count].filter((text) => text !== null && text !== undefined).join(" / ") || "0";
  function crumbs(...items) { return h("nav", { "aria-label": T("位置", "where you are") }, h("ul", { class: "crumbs" }, items.map((item) => h("li", {}, item)))); }
  const heading = (text) => { document.title = `${text} · ${build.id}`; return h("h1", { tabindex: "-1" }, text); };
  const asOf = () => h("p", { class: "soft" }, T("截至 ", "as of "), build.as_of || "", " · ", build.id);

  /** The month that scores are compared with; empty where there is none. */
  const monthBefore = () => (build.scores_before || "").slice(0, 7);
  /** A score beside its target, and whether it got better. */
  function score(measure, entry) {
    if (!entry) return "";
    const [value, target, previous] = entry, higher = HIGHER.has(measure);
    const missed = target !== null && (higher ? value < target : value > target);
    const change = previous === null || previous === undefined ? 0 : value - previous, size = measured(measure, Math.abs(change));
    const better = higher ? change > 0 : change < 0;
    return [h("span", { class: missed ? "bad" : "ok" }, `${missed ? "✗" : "✓"} ${measured(measure, value)}`),
      size !== measured(measure, 0) ? h("span", { class: better ? "ok" : "bad", title: T(`上期 ${monthBefore()}：`, `${monthBefore()}: `) + measured(measure, previous) }, ` ${change > 0 ? "↑" : "↓"}${size}`) : null];
  }
  const scoreColumns = () => Object.entries(MEASURE).map(([, [zh, en]]) => [zh, en, "n"]);
  const scoreCells = (scores) => Object.keys(MEASURE).map((measure) => h("span", {}, score(measure, scores[measure])));
  const scoreNote = () => h("p", { class: "soft" }, build.scores_before
    ? T(`✓ 达到目标，✗ 未达；箭头为与上期（${monthBefore()}）相比。`, `✓ meets its target, ✗ does not; arrows compare with ${monthBefore()}. `)
    : T("✓ 达到目标，✗ 未达；库中尚无更早月份可比。", "✓ meets its target, ✗ does not; there is no earlier month to compare with. "),
  T("目标：缺失率 2%、重复率 0.5%、每千条 50、及时率 100%（种子 scorecard_target）。", "Targets are those of the seed scorecard_target."));
  function bureauScores(rows, code) {
    const byBureau = {};
    for (const [division, bureau, measure, ...entry] of rows) if (division === code) (byBureau[bureau] ||= {})[measure] = entry;
    return byBureau;
  }

  // ---------------------------------------------------------------- parts of the start page
  const parts = {};
  parts["start-bureaus"] = async () => {
    const [{ scores }] = [await load("bureaus"), await allAreas()];
    const found = city() ? bureauScores(scores, city().code) : {};
    return [scoreNote(), table([["部门", "bureau"], ...scoreColumns()], Object.entries(found).map(([bureau, of]) => [bureauLink(bureau), ...scoreCells(of)]), T("部门评分", "Scorecards of bureaus"))];
  };
  parts["start-areas"] = async () => {
    await allAreas();
    if (!city()) return none();
    return [table([["旗县区", "district"], ...scoreColumns()], [city(), ...children(city().code)].map((area) => [areaLink(area.code), ...scoreCells(area.scores)]), T("区域评分", "Scorecards of areas")),
      await districtMap(Object.fromEntries(children(city().code).map((area) => [area.code, area.scores.findings_per_1000 ? area.scores.findings_per_1000[0] : null])),
        (value) => decimal(value, 0), T("各旗县区每千条记录的未结问题", "Open findings per 1000 records by district"))];
  };
  parts["start-changes"] = async () => {
    const { previous, rules: changed } = await load("changes");
    if (!previous) return h("p", {}, T("只有一次建库，尚无变化可看。", "One build so far: nothing to compare with."));
    const sum = (place) => changed.reduce((total, row) => total + row[place], 0);
    return [h("p", {}, T(`与 ${previous} 相比：新出现 ${number(sum(1))}，已消除 ${number(sum(2))}，重新出现 ${number(sum(3))}。`,
      `Since ${previous}: ${number(sum(1))} new, ${number(sum(2))} gone, ${number(sum(3))} back.`)),
      table([["规则", "rule"], ["新出现", "new", "n"], ["已消除", "gone", "n"], ["重新出现", "back", "n"]],
        changed.slice(0, 20).map(([rule, ...counts]) => [ruleLink(rule), ...counts.map(number)]), T("本次变化", "What changed"))];
  };

  // ---------------------------------------------------------------- rules
  parts.rules = async ({ rule: id, ...filter }) => {
    if (id && ruleById.has(id)) return ruleDetail(ruleById.get(id));
    const text = h("input", { type: "search", id: "text", value: filter.text || "" });
    const grave = h("select", { id: "severity" }, option("", T("全部", "all")), Object.keys(SEVERITY).map((name) => option(name, word(SEVERITY, name), filter.severity)));
    const list = h("div", {});
    const show = () => {
      const wanted = text.value.trim().toLowerCase();
      const shown = rules.filter((rule) => (!grave.value || rule.severity === grave.value)
        && (!wanted || [rule.rule_id, rule.name_zh, rule.name_en, rule.dimension].some((part) => (part || "").toLowerCase().includes(wanted))))
        .sort((a, b) => b.open - a.open || a.rule_id.localeCompare(b.rule_id));
      const most = Math.max(...shown.map((rule) => rule.open), 1);
      list.replaceChildren(h("p", { class: "soft", role: "status" }, T(`${shown.length} 条规则`, `${shown.length} rules`)),
        table([["规则", "rule"], ["级别", "severity"], ["维度", "dimension"], ["评判", "verdict"], ["未结", "open", "n"], ["", "", "track"], ["违反", "violated", "n"], ["应查", "of", "n"]],
          shown.map((rule) => [ruleLink(rule.rule_id), severity(rule.severity), rule.dimension || "", status(rule.status), number(rule.open), bar(rule.open, most), number(rule.violated), number(rule.denominator)]), T("规则", "Rules")));
    };
    text.addEventListener("input", show);
    grave.addEventListener("change", show);
    show();
    return [h("header", {}, heading(T("规则", "Rules")), asOf(), h("form", { class: "filter", onsubmit: (event) => event.preventDefault() },
      h("label", { for: "text" }, T("名称或编号", "name or id"), text), h("label", { for: "severity" }, T("级别", "severity"), grave))), h("section", {}, list)];
  };
  async function ruleDetail(rule) {
    const [detail] = await Promise.all([load("rule/" + rule.rule_id), allAreas()]);
    const byDistrict = new Map();
    for (const [district, , violated, all] of detail.districts) {
      const sum = byDistrict.get(district) || [0, 0];
      byDistrict.set(district, [sum[0] + violated, sum[1] + all]);
    }
    const byBureau = new Map();
    for (const [, bureau, violated, all] of detail.districts) {
      const sum = byBureau.get(bureau) || [0, 0];
      byBureau.set(bureau, [sum[0] + violated, sum[1] + all]);
    }
    const most = Math.max(...[...byDistrict.values()].map(([violated]) => violated), 1);
    const townships = detail.townships.sort((a, b) => b[1] - a[1]);
    return [h("header", {}, crumbs(link("rules.html", T("规则", "Rules")), rule.rule_id), heading(T(rule.name_zh, rule.name_en)),
      h("p", {}, T(rule.reason_zh || rule.reason || "", rule.reason || "")),
      facts([["编号", "id", `${rule.rule_id} · v${rule.version}`], ["评判", "verdict", status(rule.status)], ["级别", "severity", severity(rule.severity)],
        ["阈值", "threshold", threshold(rule)], ["结果", "result", `${number(rule.violated)} / ${number(rule.denominator)} (${percent(rate(rule.violated, rule.denominator))})`],
        ["维度", "dimension", [rule.dimension, KAHN[rule.kahn] || rule.kahn].filter(Boolean).join(" · ")],
        ["负责部门", "owner", rule.owner_bureau ? bureauLink(rule.owner_bureau) : T("报送部门", "the bureau that delivers")],
        ["可披露给", "disclosed to", rule.disclose_to], ["依据", "source", rule.source]]),
      h("ul", { class: "tiles" }, [["未结", "open", rule.open], ["豁免", "waived", rule.waived], ["已消除", "gone", rule.gone]].map(([zh, en, count]) => h("li", {}, h("b", {}, number(count)), T(zh, en)))),
      h("p", {}, findingsLink({ rule: rule.rule_id }, T("逐条查看 →", "One by one →"))),
      rule.protected && h("p", { class: "warn" }, T("此规则可能依据卫生、教育、婚姻或救助信息：公安只见总数，旗县区以下不列。", "This rule may rest on health, education, marriage or assistance: the police get totals only, and nothing is told below the district."))),
    section("按部门和数据集", "By bureau and dataset", table([["数据集", "dataset"], ["部门", "bureau"], ["评判", "verdict"], ["违反", "violated", "n"], ["应查", "of", "n"], ["比例", "share", "n"]],
      detail.datasets.map(([dataset, bureau, violated, all, judged]) => [findingsLink({ rule: rule.rule_id, dataset }, datasetName(dataset)), bureauLink(bureau), status(judged), number(violated), number(all), percent(rate(violated, all))]))),
    section("按区域", "By area", await districtMap(Object.fromEntries([...byDistrict].map(([code, [violated, all]]) => [code, rate(violated, all)])), (value) => percent(value, 1), T("各旗县区违反比例", "Share violated by district")),
      table([["旗县区", "district"], ["违反", "violated", "n"], ["", "", "track"], ["应查", "of", "n"], ["比例", "share", "n"]],
        [...byDistrict].sort((a, b) => b[1][0] - a[1][0]).map(([code, [violated, all]]) => [code ? areaLink(code) : T("无区划", "no division"), number(violated), bar(violated, most), number(all), percent(rate(violated, all))])),
      townships.length ? details("按乡镇、街道", "By township", table([["乡镇、街道", "township"], ["违反", "violated", "n"], ["应查", "of", "n"], ["比例", "share", "n"]],
        townships.map(([code, violated, all]) => [areaLink(code), number(violated), number(all), percent(rate(violated, all))]))) : null),
    section("历次建库", "From build to build", detail.history.length > 1 ? line(detail.history.map(([, date, count]) => [date, count]), T("历次建库时存在的问题", "Findings at each build"))
      : h("p", {}, T("只有一次建库，尚无变化可看。", "One build so far: nothing to compare with.")),
      detail.history.length ? details("数字", "the figures", table([["建库", "build", "n"], ["截至", "as of"], ["问题", "findings", "n"]], detail.history.map(([place, date, count]) => [place, date, number(count)]))) : null),
    detail.changes && section("阈值与级别的更改", "Changes of thresholds and severity", table(
      [["时间", "when"], ["字段", "field"], ["原值 → 新值", "old → new"], ["由", "by"], ["理由", "reason"], ["有效到", "until"], ["评判：改前 → 改后", "verdict: before → after"], ["评判不同的数据集", "datasets judged otherwise", "n"]],
      detail.changes.map((change) => ({ chosen: change.is_in_force, cells: [String(change.at || change.build_id || "").slice(0, 16), change.field || "", `${change.old_value ?? "–"} → ${change.new_value ?? "–"}`, change.by || "", change.reason || "",
        change.until_on || "", [status(change.status_before), " → ", status(change.status_after)], change.datasets_changed === undefined ? "" : `${number(change.datasets_changed)} / ${number(change.datasets)}`] }))),
      h("p", { class: "soft" }, T("有底色的现在有效。", "Those with a ground are in force."))),
    section("查询与血缘", "SQL and lineage", lineageOf(rule), details("SQL", "SQL", h("pre", { tabindex: "0" }, detail.sql || "")))];
  }
  const docsLink = (uniqueId, name) => link(`../docs/index.html#!/${uniqueId.startsWith("source.") ? "source" : uniqueId.startsWith("seed.") ? "seed" : "model"}/${uniqueId}`, h("code", {}, name));
  function lineageOf(rule, dataset) {
    if (!rule.model) return none();
    const [name, uniqueId, reads] = rule.model;
    const steps = dataset && build.datasets[dataset] ? [[h("code", {}, "raw." + dataset.replace(".", "__"))], [build.datasets[dataset].staging ? docsLink(build.datasets[dataset].staging, "stg_" + dataset.replace(".", "__")) : null]] : [];
    return [h("ol", { class: "way" }, steps.filter(([item]) => item).map((item) => h("li", {}, item)), h("li", {}, docsLink(uniqueId, name)), h("li", {}, h("code", {}, "quality.finding"))),
      details(`${name} 所读的模型`, `What ${name} reads`, h("ul", {}, reads.map(([read, id]) => h("li", {}, docsLink(id, read)))))];
  }

  // ---------------------------------------------------------------- bureaus
  parts.bureaus = async ({ bureau: id }) => {
    const [data] = await Promise.all([load("bureaus"), allAreas()]);
    const cube = await load("cube");
    const open = {};
    for (const [, dataset, , state, count] of cube) if (state !== null && OPEN.includes(build.lists.states[state])) { const of = bureauOf(build.lists.datasets[dataset]); open[of] = (open[of] || 0) + count; }
    const all = city() ? bureauScores(data.scores, city().code) : {};
    if (!id || !build.bureaus[id]) {
      const most = Math.max(...Object.values(open), 1);
      return [h("header", {}, heading(T("部门", "Bureaus")), asOf(), scoreNote()), h("section", {}, table([["部门", "bureau"], ["未结问题", "open findings", "n"], ["", "", "track"], ...scoreColumns()],
        Object.keys(build.bureaus).sort((a, b) => (open[b] || 0) - (open[a] || 0)).map((bureau) => [bureauLink(bureau), number(open[bureau] || 0), bar(open[bureau] || 0, most), ...scoreCells(all[bureau] || {})]), T("部门", "Bureaus")))];
    }
    const byRule = new Map();
    for (const [rule, dataset, , state, count] of cube) if (state !== null && OPEN.includes(build.lists.states[state]) && bureauOf(build.lists.datasets[dataset]) === id) byRule.set(rule, (byRule.get(rule) || 0) + count);
    const sorted = [...byRule].sort((a, b) => b[1] - a[1]), most = sorted.length ? sorted[0][1] : 1;
    const mine = (dataset) => bureauOf(dataset) === id;
    const inDistricts = children(city() ? city().code : "").map((area) => [area, bureauScores(data.scores, area.code)[id]]).filter(([, scores]) => scores);
    const records = data.missing_records.filter(([bureau, , code]) => bureau === id && city() && code === city().code);
    return [h("header", {}, crumbs(link("bureaus.html", T("部门", "Bureaus")), id), heading(bureauName(id)), asOf(),
      h("ul", { class: "tiles" }, h("li", {}, h("b", {}, number(open[id] || 0)), T("未结问题", "open findings")),
        Object.entries(all[id] || {}).map(([measure, entry]) => h("li", {}, h("b", {}, score(measure, entry)), word(MEASURE, measure)))), scoreNote(),
      h("p", {}, findingsLink({ bureau: id }, T("逐条查看 →", "One by one →")))),
    section("问题最多的规则", "Rules that found most", table([["规则", "rule"], ["级别", "severity"], ["未结", "open", "n"], ["", "", "track"]],
      sorted.map(([place, count]) => { const rule = build.lists.rules[place]; return [findingsLink({ bureau: id, rule }, ruleName(rule)), severity(ruleById.has(rule) ? ruleById.get(rule).severity : ""), number(count), bar(count, most)]; }))),
    section("各旗县区", "By district", table([["旗县区", "district"], ...scoreColumns()], inDistricts.map(([area, scores]) => [areaLink(area.code), ...scoreCells(scores)]))),
    section("缺失的记录", "Missing records", h("p", { class: "soft" }, T("按应享规则应有而未见的记录；“未见”不等于“没有”。", "Records that rules of entitlement expect and nobody has seen; they may exist elsewhere.")),
      table([["规则", "rule"], ["应有", "expected", "n"], ["未见", "missing", "n"], ["比例", "share", "n"]], records.map(([, rule, , expected, missing]) => [T(data.rules[rule] || rule, rule), number(expected), number(missing), missing > 0 && expected > 0 ? percent(missing / expected) : ""]))),
    section("空缺的字段", "Missing fields", table([["字段", "field"], ["数据集", "dataset"], ["记录", "records", "n"], ["空缺", "missing", "n"], ["比例", "share", "n"]],
      data.missing_fields.filter(([dataset, , , missing]) => mine(dataset) && missing > 0).map(([dataset, field, all_, missing]) => [columnName(dataset, field), datasetName(dataset), number(all_), number(missing), percent(rate(missing, all_))]))),
    section("对账", "Ledger", table([["数据集", "dataset"], ["申报", "declared", "n"], ["隔离", "quarantined", "n"], ["重复", "repeated", "n"], ["被替代", "superseded", "n"], ["删除", "deleted", "n"], ["主键冲突", "conflicts", "n"], ["已抹除", "erased", "n"], ["在册", "in force", "n"], ["差", "balance", "n"]],
      data.ledger.filter(([dataset]) => mine(dataset)).map(([dataset, ...counts]) => [datasetName(dataset), ...counts.map(number)]))),
    section("报送批次", "Deliveries", table([["日期", "date"], ["数据集", "dataset"], ["方式", "mode"], ["行", "rows", "n"], ["状态", "state"], ["批次", "delivery"], ["原因", "reason"]],
      data.deliveries.filter(([, dataset]) => mine(dataset)).map(([delivery, dataset, date, mode, , rows, state, reason]) => [date, datasetName(dataset), mode, number(rows), h("span", { class: state === "refused" ? "bad" : null }, state), h("code", {}, (delivery || "").slice(0, 12)), reason || ""])))];
  };
  const columnName = (dataset, field) => { const known = build.datasets[dataset] && build.datasets[dataset].columns[field]; return known ? T(known, `${field} ${known}`) : fieldName(field); };

  // ---------------------------------------------------------------- areas
  parts.areas = async ({ area: code, measure = "findings_per_1000" }) => {
    await allAreas();
    const area = areas.get(code) || city();
    if (!area) return [h("header", {}, heading(T("区域", "Areas"))), none()];
    const [found, bureaus] = await Promise.all([load("area/" + area.code.slice(0, 6)), load("bureaus")]);
    const below = children(area.code), chosen = MEASURE[measure] ? measure : "findings_per_1000";
    const rows = found[area.code] || [], most = Math.max(...rows.map(([, violated]) => violated), 1);
    const page = area.level === "city" ? "city.html" : `district-${area.code.slice(0, 6)}.html` + (area.level === "district" ? "" : "#d" + (area.level === "township" ? area.code : area.parent));
    const byBureau = bureauScores(bureaus.scores, area.code);
    const select = h("select", { id: "measure", onchange: (event) => { location.hash = hashOf({ area: area.code, measure: event.target.value }); } }, Object.keys(MEASURE).map((name) => option(name, word(MEASURE, name), chosen)));
    return [h("header", {}, crumbs(...ancestors(area.code).map((one) => one === area ? one.name : areaLink(one.code))), heading(area.name),
      h("p", { class: "soft" }, `${word(LEVEL, area.level)} · ${area.code}`, area.unallocated ? T(" · 未能定到更细一级的记录", " · records that say no finer division") : ""), asOf(),
      h("ul", { class: "tiles" }, Object.entries(area.scores).map(([name, entry]) => h("li", {}, h("b", {}, score(name, entry)), word(MEASURE, name)))), scoreNote(),
      h("p", {}, findingsLink({ area: area.code }, T("逐条查看 →", "One by one →")), " · ", link(page, T("人口与服务图表", "Population and services in pictures")))),
    area.level === "city" ? section("地图", "Map", h("form", { class: "filter", onsubmit: (event) => event.preventDefault() }, h("label", { for: "measure" }, T("指标", "measure"), select)),
      await districtMap(Object.fromEntries(below.map((one) => [one.code, one.scores[chosen] ? one.scores[chosen][0] : null])), (value) => measured(chosen, value), word(MEASURE, chosen))) : null,
    below.length ? section("下级区域", "Divisions below", table([["区域", "area"], ...scoreColumns()], below.map((one) => [areaLink(one.code), ...scoreCells(one.scores)]))) : null,
    Object.keys(byBureau).length ? section("各部门在此", "Bureaus here", table([["部门", "bureau"], ...scoreColumns()], Object.entries(byBureau).map(([bureau, scores]) => [bureauLink(bureau), ...scoreCells(scores)]))) : null,
    section("按规则", "By rule", ["township", "community"].includes(area.level) ? h("p", { class: "soft" }, T("可能依据卫生、教育、婚姻或救助信息的规则，在旗县区以下不列。", "Rules that may rest on health, education, marriage or assistance are not told below the district.")) : null,
      table([["规则", "rule"], ["级别", "severity"], ["违反", "violated", "n"], ["", "", "track"], ["应查", "of", "n"], ["比例", "share", "n"]],
        rows.map(([rule, violated, all]) => [findingsLink({ rule, area: area.code }, ruleName(rule)), severity(ruleById.has(rule) ? ruleById.get(rule).severity : ""), number(violated), bar(violated, most), number(all), percent(rate(violated, all))])))];
  };

  // ---------------------------------------------------------------- findings
  const option = (value, label, chosen) => h("option", { value, selected: value === chosen ? true : null }, label);
  parts.findings = async (filter) => {
    await allAreas();
    if (filter.finding) return findingDetail(filter.finding);
    const select = (id, zh, en, options, value = filter[id]) => h("label", { for: id }, T(zh, en), h("select", { id, name: id }, option("", T("全部", "all")), options.map(([key, text]) => option(key, text, value))));
    const above = ancestors(filter.area).map((area) => area.code);
    const level = (place, id, zh, en) => place === 1 || above[place - 1] ? select(id, zh, en, children(place === 1 ? (city() || {}).code : above[place - 1]).map((area) => [area.code, area.name]), above[place] || "") : null;
    const named = rules.filter((rule) => rule.open + rule.waived + rule.gone > 0).sort((a, b) => b.open - a.open);
    const form = h("form", { class: "filter", role: "search", onsubmit: (event) => { event.preventDefault(); go(); } },
      select("rule", "规则", "rule", named.map((rule) => [rule.rule_id, `${T(rule.name_zh, rule.name_en)} (${number(rule.open)})`])),
      select("bureau", "部门", "bureau", Object.keys(build.bureaus).map((id) => [id, bureauName(id)])),
      select("dataset", "数据集", "dataset", build.lists.datasets.filter((id) => !filter.bureau || bureauOf(id) === filter.bureau).map((id) => [id, datasetName(id)])),
      select("severity", "级别", "severity", Object.keys(SEVERITY).map((id) => [id, word(SEVERITY, id)])),
      select("state", "状态", "state", build.lists.states.map((id) => [id, word(STATE, id)])),
      level(1, "district", "旗县区", "district"), level(2, "township", "乡镇、街道", "township"), level(3, "community", "社区、村", "community"),
      h("label", { for: "id" }, T("问题编号", "finding id"), h("input", { id: "id", name: "id", type: "search", value: filter.id || "", autocomplete: "off", spellcheck: "false" })),
      h("div", { class: "buttons" }, h("button", { type: "submit" }, T("查找", "Search")), h("button", { type: "button", onclick: () => { location.hash = "#"; } }, T("清除", "Clear"))));
    const go = () => {
      const values = Object.fromEntries(new FormData(form));
      values.area = values.community || values.township || values.district || "";
      if (above[1] && values.district !== above[1]) values.area = values.district;
      else if (above[2] && values.township !== above[2]) values.area = values.township || values.district;
      if (values.bureau && values.dataset && bureauOf(values.dataset) !== values.bureau) values.dataset = "";
      for (const name of ["district", "township", "community"]) delete values[name];
      location.hash = hashOf(values);
    };
    form.addEventListener("change", (event) => { if (event.target.id !== "id") go(); });
    const said = h("p", { role: "status", "aria-live": "polite" }, T("正在查找…", "Searching…"));
    const list = h("div", {}), more = h("p", { class: "more" });
    const result = h("section", {}, h("h2", {}, T("结果", "Results")), said, list, more);
    search(filter, said, list, more);
    return [h("header", {}, heading(T("问题数据", "Findings")), asOf(), h("p", { class: "soft" }, T("问题不含姓名、号码、电话、住址；人员以随机代号表示，记录由掌握的部门按文件和行打开。", "No name, number, phone or address stands here; a person is a random surrogate, and the bureau that owns a record opens it by file and row.")), form), result];
  };
  /** The codes of a division and all below it lie between these two. */
  function codes(area) {
    const length = { city: 4, district: 6, township: 9, community: 12 }[area.level];
    const start = area.code.slice(0, length);
    return [start.padEnd(12, "0"), start.padEnd(12, "9"), start];
  }
  async function shelvesHere() { return Promise.all((await load("shelves")).map(async (shelf) => [shelf, await load(`findings/${shelf}/index`)])); }

  async function search(filter, said, list, more) {
    const shelves = await shelvesHere();
    if (filter.id) return searchId(filter.id.trim().toLowerCase(), shelves, said, list);
    const lists = build.lists, area = areas.get(filter.area);
    const [low, high, start] = area ? codes(area) : [];
    const states = filter.state ? [lists.states.indexOf(filter.state)] : null;
    const datasets = new Set(lists.datasets.map((_, place) => place).filter((place) => (!filter.dataset || lists.datasets[place] === filter.dataset) && (!filter.bureau || bureauOf(lists.datasets[place]) === filter.bureau)));
    const allDatasets = !filter.dataset && !filter.bureau;
    const ruleFits = (place) => { const id = lists.rules[place]; return (!filter.rule || id === filter.rule) && (!filter.severity || (ruleById.get(id) || {}).severity === filter.severity); };
    const order = { error: 0, warn: 1, info: 2 };
    const pages = shelves.flatMap(([shelf, { pages }]) => pages.map((page) => [shelf, ...page]))
      .filter(([, rule, , , from, to, , has, of]) => ruleFits(rule) && (!states || has.includes(states[0])) && (allDatasets || of.some((place) => datasets.has(place)))
        && (!area || (from !== null && from <= high && to >= low)))
      .sort((a, b) => (order[(ruleById.get(lists.rules[a[1]]) || {}).severity] ?? 3) - (order[(ruleById.get(lists.rules[b[1]]) || {}).severity] ?? 3) || a[1] - b[1] || (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) || a[2] - b[2]);
    const fits = (row) => (!states || row[10] === states[0]) && (allDatasets || datasets.has(row[1])) && (!area || (row[4] !== null && row[4].startsWith(start)));
    // how many there are is told by the cube; by township and community only by looking
    let total = null;
    if (!area || ["city", "district"].includes(area.level)) {
      total = 0;
      for (const [rule, dataset, district, state, count] of await load("cube"))
        if (ruleFits(rule) && (!states || state === states[0]) && (allDatasets || datasets.has(dataset)) && (!area || (district !== null && district.startsWith(start.slice(0, 6))))) total += count;
    }
    let shown = 0, place = 0, waiting = [];
    const body = h("tbody", {});
    const next = async () => {
      more.replaceChildren();
      while (waiting.length < SHOWN && place < pages.length) {
        const [shelf, rule, page] = pages[place++], id = lists.rules[rule], name = `findings/${shelf}/${id}/${page}`;
        const [head, rows] = await Promise.all([load(`findings/${shelf}/${id}/head`), load(name)]);
        for (const row of rows) if (fits(row)) waiting.push([shelf, id, page, row, head]);
        forget(name);
      }
      const now = waiting.splice(0, SHOWN);
      shown += now.length;
      body.append(...now.map((found) => h("tr", {}, findingCells(found).map((cell, index) => h(index ? "td" : "th", { scope: index ? null : "row", class: index === 6 ? "n" : null }, cell)))));
      const done = !waiting.length && place >= pages.length;
      const of = done ? number(shown) : total !== null ? number(total) : T(`${number(shown)} 以上`, `more than ${number(shown)}`);
      said.textContent = T(`共 ${of} 条，列出 ${number(shown)} 条。`, `${of} findings, ${number(shown)} listed.`)
        + (done && total !== null && total > shown ? T(`另有 ${number(total - shown)} 条不在本副本内，只见总数。`, ` ${number(total - shown)} more are not in this copy: totals only.`) : "");
      if (!done) more.replaceChildren(h("button", { type: "button", onclick: next }, T(`再列 ${SHOWN} 条`, `${SHOWN} more`)));
    };
    await next();
    list.replaceChildren(shown ? h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": T("结果", "Results") }, h("table", {}, h("thead", {}, findingHead()), body)) : none());
  }
  async function searchId(id, shelves, said, list) {
    const found = [];
    for (const [shelf, index] of shelves) {
      const start = id.slice(0, index.ids).replace(/[^0-9a-z]/g, "_");
      for (const name of index.starts.filter((one) => start && (one.startsWith(start) || start.startsWith(one)))) {
        const byKey = await load(`findings/${shelf}/ids/${name}`);
        for (const [key, where] of Object.entries(byKey)) if (found.length < SHOWN && (key.startsWith(id) || (id.length > key.length && id.startsWith(key)))) found.push([shelf, where]);
        if (found.length >= SHOWN) break;
      }
    }
    const wanted = new Map();
    for (const [shelf, where] of found) wanted.set(`${shelf}/${where}`, [shelf, ...where.split("/")]);
    const rows = [];
    for (const [shelf, rule, page] of wanted.values()) {
      const [head, data] = await Promise.all([load(`findings/${shelf}/${rule}/head`), load(`findings/${shelf}/${rule}/${page}`)]);
      for (const row of data) if (row[0].startsWith(id)) rows.push([shelf, rule, page, row, head]);
    }
    said.textContent = T(`共 ${rows.length} 条。`, `${rows.length} findings.`) + (rows.length ? "" : T("本副本中没有这个编号。", " There is no such id in this copy."));
    list.replaceChildren(rows.length ? h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": T("结果", "Results") }, h("table", {}, h("thead", {}, findingHead()),
      h("tbody", {}, rows.slice(0, SHOWN).map((one) => h("tr", {}, findingCells(one).map((cell, index) => h(index ? "td" : "th", { scope: index ? null : "row" }, cell))))))) : none());
  }
  const findingHead = () => h("tr", {}, [["编号", "id"], ["级别", "severity"], ["问题", "what is wrong"], ["数据集", "dataset"], ["区域", "area"], ["文件", "file"], ["行", "row"], ["人员代号", "person"], ["状态", "state"]]
    .map(([zh, en]) => h("th", { scope: "col", class: en === "row" ? "n" : null }, T(zh, en))));
  function findingCells([shelf, rule, page, row, head]) {
    const [id, dataset, , person, division, file, line_, detail, , , state] = row;
    return [findingsLink({ finding: `${shelf}/${rule}/${page}/${id}` }, h("code", {}, id.slice(0, 8))), severity((ruleById.get(rule) || {}).severity), head.details[detail] ? T(head.details[detail][0] || "", head.details[detail][1] || head.details[detail][0] || "") || ruleName(rule) : ruleName(rule),
      datasetName(build.lists.datasets[dataset]), areaLink(division), file === null ? "" : h("span", { class: "file" }, head.files[file]), line_ === null ? "" : String(line_), person ? h("code", {}, person.slice(0, 8)) : "", h("span", { class: "short" }, word(STATE, build.lists.states[state]))];
  }

  async function findingDetail(path) {
    const [shelf, rule, page, id] = path.split("/");
    const back = link("findings.html", T("问题数据", "Findings"));
    let index, head, rows;
    try {
      if (!(await load("shelves")).includes(shelf)) throw new Error(shelf);
      [index, head, rows] = await Promise.all([load(`findings/${shelf}/index`), load(`findings/${shelf}/${rule}/head`), load(`findings/${shelf}/${rule}/${page}`)]);
    } catch { rows = []; }
    const row = rows.find((one) => one[0] === id || one[0].startsWith(id));
    if (!row) return [h("header", {}, crumbs(back, id || ""), heading(T("本副本中没有这条问题", "This finding is not in this copy")), h("p", {}, T("逐条数据按部门分开；可在总数中查看。", "Findings one by one are kept apart by bureau; see the totals.")))];
    const [full, datasetPlace, role, person, division, filePlace, line_, detailPlace, first, last, state] = row;
    const lists = build.lists, dataset = lists.datasets[datasetPlace], known = ruleById.get(rule), file = filePlace === null ? null : head.files[filePlace];
    const [zh, en] = head.details[detailPlace] || ["", ""];
    const buildName = (place) => place === null ? "" : `${lists.builds[place][1] || ""} ${lists.builds[place][0]}`.trim();
    const hasLife = (index.pages.find((one) => lists.rules[one[0]] === rule && String(one[1]) === page) || [])[8];
    const life = hasLife ? (await load(`findings/${shelf}/${rule}/${page}-life`))[full] || [] : [];
    const deliveries = file && build.files[file] ? (await load("bureaus")).deliveries.filter(([delivery, of]) => of === dataset && build.files[file].includes(delivery)) : [];
    const field = fieldIn(en, dataset);
    return [h("header", {}, crumbs(back, ruleLink(rule), h("code", {}, full.slice(0, 8))), heading(T(zh || ruleName(rule), en || ruleName(rule))),
      facts([["编号", "id", h("code", {}, full)], ["规则", "rule", ruleLink(rule)], ["级别", "severity", known ? severity(known.severity) : ""], ["状态", "state", word(STATE, lists.states[state])],
        ["部门", "bureau", bureauLink(bureauOf(dataset))], ["数据集", "dataset", `${datasetName(dataset)} · ${dataset || ""}`], ["人员代号", "person, a random surrogate", person ? h("code", {}, person) : T("不涉及个人", "about no person")],
        ["角色", "role in the record", role === null ? "" : lists.roles[role]], ["区域", "area", ancestors(division).length ? ancestors(division).flatMap((area, place) => [place ? " › " : "", areaLink(area.code)]) : division || T("无", "none")],
        ["来源文件", "source file", file], ["行", "row", line_ === null ? "" : String(line_)],
        ["报送批次", "delivery", deliveries.length ? deliveries.map(([delivery, , date, mode]) => h("div", {}, `${date} ${mode} `, h("code", {}, delivery.slice(0, 16)))) : ""],
        ["可披露给", "disclosed to", known ? known.disclose_to : ""]])),
    await sideBySide(person, field, full, dataset),
    section("经过", "Its life", table([["时间", "when"], ["事件", "event"], ["状态", "state"], ["由", "by"], ["理由", "reason"], ["豁免到", "until"]],
      [[buildName(first), T("首次发现", "found"), word(STATE, "open"), T("建库", "build"), "", ""], ...life.map(([at, kind, now, by, reason, until]) => [at || "", word(STATE, kind), word(STATE, now), by || "", reason || "", until || ""]),
        [buildName(last), T("最近一次见到", "last seen"), word(STATE, lists.states[state]), T("建库", "build"), "", ""]])),
    section("血缘", "Lineage", facts([["字段", "column", field ? `${columnName(dataset, field)} (${dataset}.${field})` : T("整条记录", "the record as a whole")], ["来自", "from", file ? `${file}${line_ === null ? "" : T(`，第 ${line_} 行`, `, row ${line_}`)}` : ""]]),
      known ? lineageOf(known, dataset) : none())];
  }
  /** The column that a finding's text ends with, if it is one of the dataset or one that bureaus are compared by. */
  function fieldIn(text, dataset) {
    const name = (text || "").split(": ").pop().trim().replaceAll(" ", "_");
    const alias = { registered_home: "hukou_division", ID_number: "id_number" }[name] || name;
    return (build.datasets[dataset] && build.datasets[dataset].columns[alias]) || build.fields[alias] ? alias : null;
  }
  async function sideBySide(person, field, self, dataset) {
    if (!person) return null;
    const title = ["各部门记载", "What each bureau holds"];
    if (!(await load("shelves")).includes("centre")) return section(...title, h("p", {}, T("其他部门的记载只在信息中心的副本中。", "What other bureaus hold is in the information centre's copy alone.")));
    const known = await load("findings/centre/fields");
    const start = person.slice(0, known.people).toLowerCase().replace(/[^0-9a-z]/g, "_");
    const [held, findings] = known.starts.includes(start) ? (await load(`findings/centre/people/${start}`))[person] || [[], []] : [[], []];
    const told = { 1: ["✓", T("一致", "agrees"), "ok"], 0: ["✗", T("不一致", "differs"), "bad"], "?": ["?", T("无从比较", "cannot be told"), null], "-": ["–", T("未采集", "not held"), null] };
    const others = findings.filter(([id]) => !self.startsWith(id));
    return section(...title, h("p", { class: "soft" }, T("与一人一档相比：✓ 一致，✗ 不一致，? 无从比较，– 未采集。只说是否一致，不列任何值。", "Against the person's record: ✓ agrees, ✗ differs, ? cannot be told, – not held. No value is shown.")),
      table([["部门", "bureau"], ["记录", "records", "n"], ...known.fields.map((name) => [(build.fields[name] || FIELD[name] || name), name.replaceAll("_", " "), "c"])],
        held.map(([bureau, records, codes_]) => ({ chosen: bureau === bureauOf(dataset), cells: [bureauLink(bureau), number(records), ...[...codes_].map((code, place) => h("span", { class: told[code][2], title: told[code][1], "data-field": known.fields[place] === field }, told[code][0], h("span", { class: "away" }, told[code][1])))] })), T("各部门记载", "Side by side")),
      others.length ? details(`此人的其他问题（${others.length}）`, `Other findings of the person (${others.length})`, h("ul", {}, others.map(([id, where]) => h("li", {}, findingsLink({ finding: `${where}/${id}` }, ruleName(where.split("/")[1]))))) ) : null);
  }
  const FIELD = { address: "住址", education: "文化程度" };

  // ---------------------------------------------------------------- bias, unseen, survey, repeat
  const missing = (zh, en) => [h("header", {}, heading(T(zh, en)), asOf(), h("p", {}, T("本库没有这部分数据。", "This library has nothing of the kind.")))];
  parts.bias = async () => {
    const title = ["识别质量与人群偏差", "Linkage quality, and for whom it is worse"];
    if (!root.querySelector("[data-has~=bias]")) return missing(...title);
    const { groups, coverage } = await load("bias");
    const overall = groups.filter(([, stratum]) => stratum === "all");
    const from = Math.min(...overall.map((row) => row[4] ?? 1));
    const all = overall.find(([group]) => group === "all");
    const services = new Map();
    for (const [service, group, entitled, covered] of coverage) { if (!services.has(service)) services.set(service, {}); services.get(service)[group] = covered / entitled; }
    const rows = [...services].map(([service, of]) => [service, of.floating ?? null, of.registered ?? null]).sort((a, b) => ((a[1] ?? 9) - (a[2] ?? 0)) - ((b[1] ?? 9) - (b[2] ?? 0)));
    return [h("header", {}, heading(T(...title)), asOf(), h("p", {}, T("识别若对某些人更差，他们的数字就更不可信；不足 10 的不显示。", "Where linking is worse for some people their figures are worth less. Fewer than ten are not shown.")),
      root.querySelector("[data-has~=linkage]") ? h("p", {}, link("linkage.html", T("凭什么连接、把握多大、一人多少记录 →", "What links stand on, how sure they are, how many mentions persons have →"))) : null),
    section("查准与查全", "Precision and recall by group", h("p", { class: "soft" }, T("横条为 95% 区间，虚线为全体。", "Bars are 95% intervals; the dashed line is everybody.")),
      table([["人群", "group"], ["连接", "links", "n"], ["查准", "precision", "n"], ["", ""], ["未连上", "unlinked", "n"], ["查全（最坏）", "recall (at worst)", "n"], ["依据", "from"]],
        overall.map(([group, , links, precision, low, high, unlinked, recall, worst, source]) => [word(GROUP, group), number(links), decimal(precision, 4), interval(precision, low, high, from, 1, all && all[3]), unlinked > 0 && unlinked < 10 ? "<10" : number(unlinked), recall === null ? "" : `${decimal(recall, 4)} (${decimal(worst, 4)})`, source === "decisions" ? T("复核", "reviews") : T("模型", "model")]))),
    section("按方法", "By method", table([["人群", "group"], ["方法", "method"], ["连接", "links", "n"], ["查准", "precision", "n"], ["95% 区间", "95% interval", "n"]],
      groups.filter(([, stratum]) => stratum !== "all").map(([group, stratum, links, precision, low, high]) => [word(GROUP, group), T({ certain: "确定", probable: "推定", decided: "人工判定" }[stratum] || stratum, stratum), number(links), decimal(precision, 4), low === null ? "" : `${decimal(low, 4)}–${decimal(high, 4)}`]))),
    rows.length ? section("服务覆盖的差距", "Coverage of services, floating against registered", table([["服务", "service"], ["流动人口", "floating", "n"], ["户籍人口", "registered", "n"], ["差距", "gap", "n"]],
      rows.map(([service, floating, registered]) => [service, percent(floating, 1), percent(registered, 1), floating === null || registered === null ? "" : h("span", { class: floating < registered - .05 ? "bad" : null }, `${((floating - registered) * 100).toFixed(1)}`)]))) : null];
  };
  parts.unseen = async ({ area: code, method = "log_linear" }) => {
    const title = ["未掌握的人口", "The unseen: people on no list"];
    if (!root.querySelector("[data-has~=unseen]")) return missing(...title);
    const [rows] = await Promise.all([load("unseen"), allAreas()]);
    const methods = [...new Set(rows.map((row) => row[3]))], chosen = methods.includes(method) ? method : methods[0];
    const totals = rows.filter((row) => row[1] === "all" && row[2] === "all" && row[3] === chosen), here = code || (totals[0] || [])[0];
    const to = Math.max(...totals.slice(1).map((row) => row[7] ?? 0), 1);
    const cells = (row, most) => [number(row[4]), decimal(row[5], 0), row[6] === null ? "" : `${decimal(row[6], 0)}–${decimal(row[7], 0)}`, row[5] === null || !most ? "" : interval(row[5], row[6], row[7], 0, most), row[5] === null || row[4] < 10 ? "" : percent(row[5] / (row[4] + row[5]), 1), row[8] ? T("并组", "pooled") : ""];
    const columns = [["在册", "listed", "n"], ["估计未掌握", "unseen, estimated", "n"], ["95% 区间", "95% interval", "n"], ["", ""], ["占比", "share", "n"], ["", ""]];
    const sexAge = rows.filter((row) => row[0] === here && row[3] === chosen && row[2] !== "all" && row[1] !== "all").sort((a, b) => a[2].localeCompare(b[2]) || a[1].localeCompare(b[1]));
    const most = Math.max(...sexAge.map((row) => row[7] ?? 0), 1);
    const choose = (id, zh, en, options, value, key) => h("label", { for: id }, T(zh, en), h("select", { id, onchange: (event) => { location.hash = hashOf({ area: here, method: chosen, [key]: event.target.value }); } }, options.map(([name, label]) => option(name, label, value))));
    return [h("header", {}, heading(T(...title)), asOf(), h("p", {}, T("由几份名单的重叠估计；名单之间的依赖已尽力计入，区间仍可能偏窄（docs/unseen.md）。不足 10 人的格不显示。", "Estimated from the overlaps of several lists; how the lists hang together is allowed for as far as it can be, intervals may still be narrow (docs/unseen.md). Cells of fewer than ten are not shown.")),
      h("form", { class: "filter", onsubmit: (event) => event.preventDefault() }, choose("method", "方法", "method", methods.map((name) => [name, word(METHOD, name)]), chosen, "method"), choose("area", "区域", "area", [...new Set(rows.map((row) => row[0]))].map((one) => [one, areas.has(one) ? areas.get(one).name : one]), here, "area"))),
    totals.length ? section("各旗县区", "By district", await districtMap(Object.fromEntries(totals.map((row) => [row[0], row[5] === null || row[4] < 10 ? null : row[5] / (row[4] + row[5])])), (value) => percent(value, 1), T("未掌握的占比", "Share of the unseen")),
      table([["区域", "area"], ...columns], totals.map((row, place) => [areaLink(row[0]), ...cells(row, place ? to : 0)]))) : null,
    section("按性别和年龄", "By sex and age", table([["年龄", "age"], ["性别", "sex"], ...columns], sexAge.map((row) => [row[2] === "unknown" ? T("不详", "unknown") : row[2], T({ 1: "男", 2: "女" }[row[1]] || row[1], { 1: "men", 2: "women" }[row[1]] || row[1]), ...cells(row, most)])))];
  };
  parts.survey = async () => {
    const title = ["抽样调查", "The survey"];
    if (!root.querySelector("[data-has~=survey]")) return missing(...title);
    const [rows] = await Promise.all([load("survey"), allAreas()]);
    const byIndicator = new Map();
    for (const row of rows) { const key = row[2]; if (!byIndicator.has(key)) byIndicator.set(key, []); byIndicator.get(key).push(row); }
    return [h("header", {}, heading(T(...title)), asOf(), h("p", {}, T("加权估计与 95% 区间；虚线为登记数据中的数字。不记名，最细到旗县区，不足 10 人的组不显示。", "Weighted estimates with 95% intervals; the dashed line is what the registers say. Without names, no finer than the district, no group of fewer than ten."))),
      ...[...byIndicator].map(([indicator, of]) => {
        const share = of[0][5] === "share" || of[0][5] === null, to = share ? 1 : Math.max(...of.map((row) => row[10] ?? row[8])) * 1.1, show = (value) => value === null ? "" : share ? percent(value, 1) : decimal(value, 0);
        return section(of[0][3] || indicator, of[0][4] || indicator, table([["人群", "group"], ["区域", "area"], ["轮次", "round"], ["人数", "respondents", "n"], ["估计", "estimate", "n"], ["95% 区间", "95% interval", "n"], ["", ""], ["登记", "registers", "n"]],
          of.map(([division, round, , , , , group, respondents, estimate, low, high, register]) => [word(GROUP, group), areaLink(division), round, number(respondents), show(estimate), low === null ? "" : `${show(low)}–${show(high)}`, interval(estimate, low, high, 0, to, register), show(register)]), of[0][5] && !share ? of[0][5] : null));
      })];
  };
  parts.repeat = async ({ area: code, field = "" }) => {
    const title = ["重复采集", "Collected again and again"];
    if (!root.querySelector("[data-has~=repeat]")) return missing(...title);
    const [rows] = await Promise.all([load("repeat"), allAreas()]);
    const here = areas.has(code) ? code : (city() || {}).code;
    const of = rows.filter((row) => row[0] === here && (!field || row[1] === field));
    const bureaus = [...new Set(of.flatMap((row) => [row[2], row[3]]))].sort();
    const sum = (list, place) => list.reduce((total, row) => total + Math.max(row[place] ?? 0, 0), 0);
    const cell = (a, b) => of.filter((row) => (row[2] === a && row[3] === b) || (row[2] === b && row[3] === a));
    const byField = [...new Set(of.map((row) => row[1]))].map((name) => [name, of.filter((row) => row[1] === name)]).sort((a, b) => sum(b[1], 7) - sum(a[1], 7));
    const most = Math.max(...byField.map(([, list]) => sum(list, 7)), 1);
    const places = [...new Set(rows.map((row) => row[0]))];
    const byPlace = Object.fromEntries(places.map((one) => [one, sum(rows.filter((row) => row[0] === one && (!field || row[1] === field)), 7)]));
    const choose = (id, zh, en, options, value) => h("label", { for: id }, T(zh, en), h("select", { id, onchange: (event) => { location.hash = hashOf({ area: here, field, [id]: event.target.value }); } }, options.map(([name, label]) => option(name, label, value))));
    return [h("header", {}, heading(T(...title)), asOf(), h("p", {}, T("同一人的同一项信息，由两个部门各自采集。若一次采集、各部门共用，可省下：", "One thing about one person, asked by two bureaus each for itself. If it were asked once and shared, this would be saved:")),
      h("p", { class: "verdict" }, `${decimal(sum(of, 7), 0)} ${T("元", "yuan")}`), h("p", { class: "soft" }, T(`每项 0.1 至 1.5 分钟、每小时 25 元（种子 collection_cost，假定值）；同一信息三个部门采集时按每对计，合计偏高。不足 10 的不显示，也不计入。`, `0.1 to 1.5 minutes a field at 25 yuan an hour (seed collection_cost, assumed); counted by pair, so what three bureaus ask counts in each pair. Fewer than ten are not shown nor counted.`)),
      h("form", { class: "filter", onsubmit: (event) => event.preventDefault() }, choose("area", "区域", "area", places.map((one) => [one, areas.has(one) ? areas.get(one).name : one]), here), choose("field", "字段", "field", [["", T("全部", "all")], ...[...new Set(rows.map((row) => row[1]))].map((name) => [name, fieldName(name)])], field))),
    section("部门对部门", "Bureau by bureau", h("p", { class: "soft" }, T("格中为可省的元数，其下为重复次数。", "Yuan that would be saved; below it the repeats.")),
      table([["部门", "bureau"], ...bureaus.map((bureau) => [build.bureaus[bureau] || bureau, BUREAU[bureau] || bureau, "n"])], bureaus.map((a) => [bureauLink(a), ...bureaus.map((b) => { if (a === b) return "·"; const list = cell(a, b); return list.length ? h("span", {}, decimal(sum(list, 7), 0), h("br"), h("small", {}, number(sum(list, 6)))) : ""; })]), T("部门对部门", "Matrix of bureaus"))),
    section("按字段", "By field", table([["字段", "field"], ["重复次数", "repeats", "n"], ["可省（元）", "saving, yuan", "n"], ["", "", "track"]], byField.map(([name, list]) => [fieldName(name), number(sum(list, 6)), decimal(sum(list, 7), 0), bar(sum(list, 7), most)]))),
    section("按旗县区", "By district", await districtMap(Object.fromEntries(Object.entries(byPlace).filter(([one]) => one !== (city() || {}).code)), (value) => decimal(value, 0), T("各旗县区可省的元数", "Saving in yuan by district")),
      table([["旗县区", "district"], ["可省（元）", "saving, yuan", "n"]], Object.entries(byPlace).sort((a, b) => b[1] - a[1]).map(([one, yuan]) => [areaLink(one), decimal(yuan, 0)])))];
  };

  // ---------------------------------------------------------------- running
  let turn = 0;
  async function render(isNew) {
    const mine = ++turn;
    const values = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    const used = document.activeElement && document.activeElement.id;
    for (const place of document.querySelectorAll("[data-part]")) {
      try {
        const made = [await parts[place.dataset.part](values)].flat(3).filter((child) => child);
        if (mine !== turn) return;
        place.replaceChildren(...made);
      } catch (error) {
        place.replaceChildren(h("p", { class: "bad" }, T("本副本缺少数据文件：", "This copy of the site lacks a file of data: "), error.message));
        if (!/^[a-z]+(\/|$)/.test(error.message)) throw error;
      }
    }
    for (const anchor of document.querySelectorAll("a[href]")) {
      const href = anchor.getAttribute("href").replace("?lang=en", "");
      anchor.setAttribute("href", withLang(href));
    }
    root.dataset.ready = String(mine);
    if (!isNew) return;
    // who changes a filter goes on from there; who follows a link begins at the heading
    const control = used && used !== "main" ? document.querySelector(`form [id="${CSS.escape(used)}"]`) : null;
    if (control) return control.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    const first = document.querySelector("#main h1");
    if (first) first.focus({ preventScroll: true });
  }
  document.addEventListener("DOMContentLoaded", async () => {
    document.querySelector(".tools").hidden = false;
    const lang = document.getElementById("lang");
    const named = () => { lang.textContent = T("English", "中文"); lang.lang = T("en", "zh-CN"); };
    lang.addEventListener("click", () => { setLang(root.dataset.lang === "en" ? "zh" : "en"); named(); render(false); });
    named();
    document.getElementById("print").addEventListener("click", () => { for (const folded of document.querySelectorAll("details")) folded.open = true; window.print(); });
    if (document.querySelector("[data-part]")) await basics();
    await render(false);
  });
  // links within a page (#todo) are the browser's own
  window.addEventListener("hashchange", () => { if (document.querySelector("[data-part]") && (location.hash.includes("=") || ["", "#"].includes(location.hash))) render(true); });
})();
