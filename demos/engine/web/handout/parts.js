// The parts of a live figure's page beside its canvas. Each builds itself and returns what brings it up to date.
import { button, element } from "../components/canvas/js/base.js";

// The goal as people call it; of several that are alike it is the framed one.
export function spoken(head) {
  const kind = head.world.kinds[head.world.names.indexOf(head.only)].kind;
  return (kind === head.only ? "" : "framed ") + kind.replaceAll("_", " ");
}

// Who acts: a button for each agent, and below them what its training was.
export function agents(v, parent, below, change) {
  const row = element("div", { class: "choices", role: "group", "aria-label": "Agent" }, parent);
  const buttons = v.head.agents.map(({ label }, i) => button(row, label, label, () => {
    v.agent = i;
    v.age = (v.head.agents[i].ages || []).length - 1;
    change();
  }));
  const told = element("p", { "aria-live": "polite" }, below);
  return () => {
    buttons.forEach((b, i) => {
      const { label, line } = v.head.agents[i];
      b.textContent = label;
      b.title = line || label;
      b.setAttribute("aria-label", [label, line].filter(Boolean).join(": "));
      b.setAttribute("aria-pressed", i === v.agent);
    });
    told.textContent = v.head.agents[v.agent].line;
  };
}

// How far trained, for an agent whose younger copies were kept.
export function ages(v, parent, change) {
  const label = element("label", { class: "ages" }, parent, "Age "), knob = element("input", { type: "range", min: 0, step: 1, "aria-label": "Age of the agent" }, label);
  const says = element("span", {}, label);
  knob.addEventListener("input", () => { v.age = Number(knob.value); change(); });
  return () => {
    const kept = v.head.agents[v.agent].ages;
    label.style.display = kept.length > 1 ? "" : "none";
    knob.max = kept.length - 1;
    knob.value = v.age;
    says.textContent = kept[v.age].label;
    knob.setAttribute("aria-valuetext", kept[v.age].label);
  };
}

// The outcome map, and another run of the same place.
export function switches(v, parent, change, refresh) {
  const row = element("div", { class: "choices", role: "group", "aria-label": "What is shown" }, parent);
  const map = button(row, "Every place", "Every place at once: what it does, wherever the goal stands", () => { v.map = !v.map; refresh(); });
  const another = runs(v, row, () => v.head.agents[v.agent].ages[v.age].each, change);
  return () => { map.style.display = v.covered ? "none" : ""; map.setAttribute("aria-pressed", v.map); another(); };
}

// Another run of the same place or agent; `each`: how many there are.
export function runs(v, row, each, change) {
  const run = button(row, "", "Another run: all as before, and its actions are drawn anew", () => { v.run = (v.run + 1) % each(); change(); });
  if (!row.matches(".choices")) run.className = "another";
  return () => {
    run.style.display = each() > 1 && !v.covered ? "" : "none";
    run.textContent = `Run ${v.run + 1} of ${each()} ↻`;
    run.setAttribute("aria-label", `Run ${v.run + 1} of ${each()}: show another one`);
  };
}

// The same without a picture: what came of every place, each a button that shows it.
export function words(v, parent, go) {
  const { head } = v, fold = element("details", {}, parent);
  element("summary", {}, fold, "Every place in words");
  const list = element("ul", {}, fold);
  const buttons = head.cells.map((_, cell) => button(element("li", {}, list), "", "", () => go(cell)));
  let of = "";
  const show = () => {
    const { first, each, name } = head.agents[v.agent].ages[v.age];
    fold.style.display = v.covered ? "none" : "";
    buttons.forEach((b, cell) => b.setAttribute("aria-pressed", cell === v.cell));
    if (!fold.open || of === name) return;
    of = name;
    head.cells.forEach(([row, col], cell) => {
      const counts = {};
      for (let run = 0; run < each; run++) { const { outcome } = head.runs[first + cell * each + run]; counts[outcome] = (counts[outcome] || 0) + 1; }
      const told = Object.entries(counts).sort((a, b) => b[1] - a[1]).map(([outcome, n]) => `${head.outcomes.names[outcome]}${each > 1 ? ` ${n} of ${each}` : ""}`);
      buttons[cell].textContent = buttons[cell].title = `Row ${row}, column ${col}: ${told.join(", ")}`;
      buttons[cell].setAttribute("aria-label", buttons[cell].textContent);
    });
  };
  fold.addEventListener("toggle", show);
  return show;
}

// What a figure of a level is, and what it cannot do.
export function limits(v, parent) {
  const { head } = v, each = Math.max(...head.agents.map((agent) => agent.ages.at(-1).each));
  const goal = spoken(head), younger = head.agents.some((agent) => agent.ages.length > 1) ? ", 1 at a younger age" : "";
  foot(head, parent, `Drag the ${goal} to any of ${head.cells.length} places. These are real runs of trained networks. They were computed before, from the start of this level: ${each} for each place${younger}. A run is shown ${head.until}. To change more than the ${goal}, or to change it in mid-run, take the package.`);
}

export function foot(head, parent, limits) {
  const foot = element("footer", {}, parent);
  element("p", {}, foot, limits);
  const made = element("p", {}, foot, "Made by ");
  element("code", {}, made, head.command || "goalmisgen");
  const cites = element("p", {}, foot, "After ");
  head.cite.forEach(([short, url], i) => { if (i) cites.append(", "); element("a", { href: url, target: "_blank", rel: "noopener" }, cites, short); });
  cites.append(`. ${head.licence}. `);
  theme(cites);
}

function theme(parent) {
  const root = document.documentElement, dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  button(parent, "◐", "Light or dark", () => { root.dataset.theme = dark() ? "light" : "dark"; });
}
