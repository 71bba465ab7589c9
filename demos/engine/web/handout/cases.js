// A live figure of questions and answers, or of choices, that were written before (cases.py).
import { element } from "../components/canvas/js/base.js";
import { agents, foot, runs } from "./parts.js";
import { chosen, remember, unpack } from "./unpack.js";

unpack(document.getElementById("packed").textContent).then(({ head }) => {
  const main = document.querySelector("main"), v = begin(head, chosen());
  element("h1", {}, main, head.question);
  element("p", { class: "reward" }, main, head.reward);
  const row = element("div", { class: "row" }, main), trained = element("div", { class: "row trained" }, main);
  const change = () => refresh(v);
  v.shows = [agents(v, row, trained, change), runs(v, row, () => v.head.answers[v.agent][0]?.length || 1, change), asked(v, main, change)];
  v.shows.push(dialogue(v, main));
  foot(head, main, head.limits);
  refresh(v);
});

// What the address says; nothing of it can be trusted.
function begin(head, said) {
  const within = (text, n) => Math.min(Math.max(Math.trunc(Number(text)) || 0, 0), n - 1), at = (said.at || "").split(",");
  if (["dark", "light"].includes(said.theme)) document.documentElement.dataset.theme = said.theme;
  const fields = head.fields.map((field, i) => (at.length === head.fields.length ? within(at[i], field.values.length) : field.at));
  return { head, agent: within(said.agent, head.agents.length), at: fields, run: within(said.run - 1, head.answers[0][0]?.length || 1), shows: [] };
}

function refresh(v) {
  for (const show of v.shows) show();
  remember({ agent: v.agent || "", at: v.at.join(), run: v.run ? v.run + 1 : "", theme: document.documentElement.dataset.theme });
}

// A choice for each thing that is asked, and those that are prepared.
function asked(v, parent, change) {
  const { fields, prepared } = v.head, row = element("div", { class: "asked" }, parent), open = fields.filter(({ values }) => values.length > 1);
  const select = (title, help, options, act) => {
    const s = element("select", { title: help || title }, element("label", {}, row, title + " "));
    options.forEach((option, i) => element("option", { value: i }, s, option));
    s.addEventListener("change", () => { act(Number(s.value)); change(); });
    return s;
  };
  const ready = prepared.length ? select("Prepared", "", ["…", ...prepared.map(({ title }) => title)], (i) => {
    if (i) { v.agent = prepared[i - 1].agent; v.at = [...prepared[i - 1].at]; }
  }) : null;
  const knobs = open.map((field) => select(field.title, field.help, field.values, (i) => { v.at[fields.indexOf(field)] = i; }));
  return () => {
    knobs.forEach((knob, i) => { knob.value = v.at[fields.indexOf(open[i])]; });
    if (ready) ready.value = 1 + prepared.findIndex((one) => one.agent === v.agent && one.at.join() === v.at.join());
  };
}

function answer(v) {
  const number = v.head.fields.reduce((n, { values }, i) => n * values.length + v.at[i], 0);
  return v.head.answers[v.agent][number]?.[v.run];
}

// Who said or chose what, and what came of it.
function dialogue(v, parent) {
  const box = element("div", { class: "dialogue", role: "log", "aria-live": "polite" }, parent), end = element("p", { class: "end", role: "status" }, parent);
  return () => {
    const found = answer(v), { marks, colours } = v.head.outcomes;
    box.replaceChildren();
    end.replaceChildren();
    if (!found) { end.textContent = "There is no such question: the numbers do not fit. Choose another one."; return; }
    found.turns.forEach((turn, i) => bubble(box, turn, i % 2, v.head.sides[i % 2]));
    element("i", { "aria-hidden": "true" }, end, marks[found.outcome]).style.background = colours[found.outcome];
    element("span", {}, end, found.says);
  };
}

function bubble(box, { says, then, paid, board, note, marked }, side, who) {
  const b = element("div", { class: side ? "bubble right" : "bubble" }, box);
  element("small", {}, b, who);
  element("p", {}, b, says);
  if (board && board.length) {
    const table = element("div", { class: "board", role: "img", "aria-label": board.map((row) => row.map((sign) => sign || "empty").join(", ")).join("; ") }, b);
    table.style.gridTemplateColumns = `repeat(${board[0].length}, 2.1em)`;
    for (const sign of board.flat()) element("span", {}, table, sign);
  }
  if (note) { const n = element("div", { class: "note" }, b); element("small", {}, n, marked); element("p", {}, n, note); }
  if (then) element("p", {}, b, then);
  if (paid) element("small", {}, b, `paid ${paid}`);
}
