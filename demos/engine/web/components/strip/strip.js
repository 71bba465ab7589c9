// The words of a dialogue as chips. The open one shows what could have stood in its place, and the chips before it are
// shaded by how much the network looked at them when it wrote that word. Text is set as text, never as HTML.
import { dress, element, ending, sheets } from "../canvas/js/base.js";

const styles = await sheets(import.meta.url, "strip.css");
const strips = new WeakMap();

export default function ({ data, parentElement }) {
  let s = strips.get(parentElement);
  if (!s) {
    dress(parentElement, styles);
    s = build(parentElement.querySelector(".gm-strip"));
    strips.set(parentElement, s);
  }
  receive(s, data);
  return ending(parentElement, () => strips.delete(parentElement));
}

function build(root) {
  const s = { root, layer: "mean", head: "mean" };
  s.label = element("div", { class: "label" }, root);
  s.words = element("div", { class: "words", role: "listbox", "aria-label": "The words of the dialogue" }, root);
  const bar = element("div", { class: "choices" }, root);
  s.layers = element("select", { "aria-label": "Layer whose attention is shown" }, bar);
  s.heads = element("select", { "aria-label": "Head whose attention is shown" }, bar);
  s.hint = element("span", { class: "hint" }, bar);
  s.layers.addEventListener("change", () => { s.layer = s.layers.value; show(s); });
  s.heads.addEventListener("change", () => { s.head = s.heads.value; show(s); });
  s.tables = element("div", { class: "tables", role: "status", "aria-live": "polite" }, root);
  s.words.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    open(s, Math.max(1, Math.min(s.data.words.length - 1, s.at + by)), true);
  });
  return s;
}

function receive(s, data) {
  const id = JSON.stringify(data);
  if (id === s.id) return;
  s.id = id;
  s.data = data;
  s.label.textContent = data.label;
  s.label.hidden = !data.label;
  fill(s.layers, "layer", data.attention.length, s.layer);
  fill(s.heads, "head", data.attention[0].length, s.head);
  s.words.replaceChildren();
  s.chips = data.words.map((word, i) => {
    const before = data.words[i - 1];
    if (before && word.own !== before.own) element("span", { class: "break" }, s.words);
    const chip = element("button", { type: "button", role: "option", class: word.own ? "own" : "said" }, s.words, word.text);
    chip.addEventListener("click", () => open(s, Math.max(1, i), true));
    chip.addEventListener("mouseenter", () => open(s, Math.max(1, i), false));
    return chip;
  });
  open(s, Math.max(1, data.first), false);
}

function fill(select, what, count, chosen) {
  if (select.children.length === count + 1) return;
  select.replaceChildren();
  element("option", { value: "mean" }, select, `every ${what}`);
  for (let i = 0; i < count; i++) element("option", { value: i }, select, `${what} ${i + 1}`);
  select.value = chosen;
}

function open(s, at, focus) {
  s.at = at;
  if (focus) s.chips[at].focus();
  show(s);
}

function looked(s, row) {
  const layers = s.layer === "mean" ? s.data.attention : [s.data.attention[+s.layer]];
  const found = new Array(row + 1).fill(0);
  let n = 0;
  for (const layer of layers)
    for (const head of s.head === "mean" ? layer : [layer[+s.head]]) {
      n += 1;
      for (let j = 0; j <= row; j++) found[j] += head[row][j];
    }
  return found.map((value) => value / n / 100);
}

function show(s) {
  const row = s.at - 1, shares = looked(s, row);
  s.chips.forEach((chip, i) => {
    chip.classList.toggle("open", i === s.at);
    chip.setAttribute("aria-selected", i === s.at);
    chip.tabIndex = i === s.at ? 0 : -1;
    const share = i <= row ? shares[i] : 0;
    chip.style.setProperty("--looked", Math.min(1, Math.sqrt(share) * 1.25).toFixed(3));
    chip.title = i <= row ? `looked at: ${(100 * share).toFixed(0)} %` : "";
  });
  const word = s.data.words[s.at];
  s.hint.textContent = `Shaded: what it looked at when it ${word.own ? "wrote" : "read as far as"} “${word.text}”. Click or use ← →.`;
  s.tables.replaceChildren();
  table(s, `What could have stood for “${word.text}”`, word.likely, word.text);
  if (word.watched.length) table(s, "To compare", word.watched, word.text);
}

function table(s, title, rows, text) {
  const box = element("div", { class: "likely" }, s.tables);
  const head = element("div", { class: "head" }, box);
  element("b", {}, head, title);
  element("small", {}, head, "chance, logit");
  for (const [name, chance, logit] of rows) {
    const line = element("div", { class: name === text ? "line it" : "line" }, box);
    element("span", { class: "word" }, line, name);
    const bar = element("span", { class: "bar" }, line);
    element("i", { style: `width:${(100 * chance).toFixed(1)}%` }, bar);
    element("span", { class: "chance" }, line, `${(100 * chance).toFixed(1)} %`);
    element("span", { class: "logit", title: "logit" }, line, logit.toFixed(1));
  }
}
