// A live figure of a grid world: the app's canvas, answered by runs that were computed before (grid.py).
import { element } from "../components/canvas/js/base.js";
import { build, fit, receive } from "../components/canvas/js/canvas.js";
import { ages, agents, limits, spoken, switches, words } from "./parts.js";
import { puzzle } from "./puzzle.js";
import { begins, reader, steps } from "./runs.js";
import { nearest, onward } from "./places.js";
import { chosen, remember, unpack } from "./unpack.js";

unpack(document.getElementById("packed").textContent).then(({ head, rest }) => {
  head.begins = begins(head);
  const main = document.querySelector("main"), v = begin(head, chosen());
  v.codes = reader(head, rest);
  element("h1", {}, main, head.question);
  element("p", { class: "reward" }, main, head.reward + " ");
  element("b", {}, main.lastChild, head.puzzle ? `Its training is hidden. Move the ${spoken(head)} up to ${head.puzzle.edits} times, watch, and give your verdict.` : `Drag the ${spoken(head)} anywhere, or press play.`);
  const who = element("div", { class: "row" }, main), below = element("div", { class: "row trained" }, main);
  v.shows = [agents(v, who, below, () => change(v)), switches(v, who, () => change(v), () => refresh(v)), ages(v, below, () => change(v))];
  const root = element("div", { class: "gm" }, main);
  v.s = build(root);
  v.s.send = (message) => setTimeout(() => answer(v, message)); // as from elsewhere: not before it was sent
  if (head.puzzle) v.shows.push(puzzle(v, main, () => refresh(v)));
  v.shows.push(words(v, main, (cell) => go(v, cell)));
  limits(v, main);
  const wide = () => { v.s.room = room(v.s, root); fit(v.s); };
  receive(v.s, payload(v, 0, ""));
  refresh(v);
  wide();
  window.addEventListener("resize", wide);
});

// What the reader chose; an address may choose it first. Nothing of it can be trusted.
function begin(head, said) {
  const within = (text, n) => Math.min(Math.max(Math.trunc(Number(text)) || 0, 0), n - 1);
  const agent = within(said.agent, head.agents.length), kept = head.agents[agent].ages, at = (said.at || "").split(",").map(Number);
  const age = said.age === undefined ? kept.length - 1 : within(said.age, kept.length);
  if (["dark", "light"].includes(said.theme)) document.documentElement.dataset.theme = said.theme;
  return {
    head, agent, age, run: within(Number(said.run) - 1, kept[age].each), map: said.map === "1" && !head.puzzle,
    cell: at.length === 2 && at.every(Number.isFinite) ? nearest(head.cells, at) : 0,
    left: head.puzzle ? head.puzzle.edits : Infinity, counted: 0, covered: !!head.puzzle, // edits left, the last drag that was one, and whether the agent is hidden
    version: 1, plays: 0, ack: 0, past: [], shows: [], s: null, codes: null, later: 0,
  };
}

// The room that the window leaves for the picture, in pixels, so that what is above and below it is seen, too.
function room(s, root) {
  const used = root.getBoundingClientRect().top + window.scrollY + root.offsetHeight - s.stage.offsetHeight + 16;
  return Math.max(window.innerHeight - used, 0.35 * window.innerHeight);
}

export function actor(v) { return v.head.agents[v.agent].ages[v.age]; }

export function numberOf(v, cell, run) { return actor(v).first + cell * actor(v).each + run; }

function payload(v, ack, refused) {
  const { head } = v, number = numberOf(v, v.cell, v.run), told = head.runs[number], goal = spoken(head);
  const level = { ...head.level, objects: { ...head.level.objects, [head.only]: head.cells[v.cell] } };
  return {
    ...head.world, ...steps(v, number), level, first: level, edits: [], version: v.version, session: "figure", link: "", ack, since: 0, refused,
    steps: told.steps, whole: told.steps, probabilities: [], values: [], events: told.events, sentence: told.sentence, stamp: told.stamp,
    agent: head.agents[v.agent].name, start: "paused", simple: true, tools: ["drag"], only: head.only, ring: true, play: v.plays,
    overlay: v.map ? { map: mapped(v) } : {},
    alt: `${head.question} A level, and who acts in it. Press o to take the ${goal}, the arrow keys to move it, the space bar to play.`,
  };
}

function mapped(v) {
  const { head } = v, { names, colours, marks } = head.outcomes, each = actor(v).each, all = names.map(() => 0);
  const cells = head.cells.map(([row, col], cell) => {
    const shares = names.map(() => 0);
    for (let run = 0; run < each; run++) { const { outcome } = head.runs[numberOf(v, cell, run)]; shares[outcome] += 1 / each; all[outcome] += 1; }
    return [row, col, shares];
  });
  const counts = names.map((name, i) => [all[i], name]).filter(([n]) => n).sort((a, b) => b[0] - a[0]).map(([n, name]) => `${name} ${n}`);
  const seen = names.map((_, i) => i).filter((i) => head.runs.some((run) => run.outcome === i)), only = (list) => seen.map((i) => list[i]);
  for (const cell of cells) cell[2] = only(cell[2]);
  return { cells, names: only(names), colours: only(colours), marks: only(marks), stale: false, says: `${each * head.cells.length} runs: ${counts.join(", ")}. Choose a place to see a run.` };
}

// Another run is shown, from its start.
function change(v) {
  v.version += 1; v.plays += 1;
  v.run = Math.min(v.run, actor(v).each - 1);
  refresh(v);
}

function refresh(v, refused = "") {
  receive(v.s, payload(v, v.ack, refused));
  for (const show of v.shows) show();
  clearTimeout(v.later); // an address may not be changed a hundred times in a drag
  const kept = v.head.agents[v.agent].ages.length, theme = document.documentElement.dataset.theme;
  v.later = setTimeout(() => remember({ agent: v.agent || "", age: v.age < kept - 1 ? v.age : "", at: v.head.cells[v.cell].join(), run: v.run ? v.run + 1 : "", map: v.map ? 1 : "", theme }), 300);
}

function go(v, cell) {
  if (cell !== v.cell) v.past.push(v.cell);
  v.cell = cell;
  change(v);
}

// Takes one of a puzzle's edits, a drag or a key; false where none is left.
function spends(v, gesture) {
  if (!v.covered || (v.s.picked === null && gesture === v.counted)) return true;
  if (!v.left) return false;
  v.counted = gesture;
  v.left -= 1;
  return true;
}

// What Python answers in the app. Only the goal moves here: to the place nearest to where it was put.
function answer(v, { seq, kind, level, moved, gesture }) {
  v.ack = seq;
  const { head } = v, goal = head.only, at = level && level.objects[goal], from = head.cells[v.cell];
  const others = Object.keys(moved || {}).filter((slot) => head.world.names[slot] !== goal);
  if (kind === "undo" && v.past.length) { v.cell = v.past.pop(); change(v); }
  else if (kind === "edit" && (!at || others.length)) refresh(v, `In this figure only the ${spoken(head)} can be moved.`);
  else if (kind === "edit" && !spends(v, gesture)) refresh(v, "No edits are left: say below what comes of it most often.");
  else if (kind === "edit") go(v, v.s.picked === null ? nearest(head.cells, at) : onward(head.cells, from, at));
  else refresh(v, v.s.data.refused);
}
