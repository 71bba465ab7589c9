// The same by keyboard.
import { edit, post, put } from "./edit.js";
import { guess } from "./guess.js";
import { replay, saysOf } from "./map.js";
import { again, step, toggle } from "./play.js";
import { brush } from "./pointer.js";
import { mapped, waits } from "./state.js";
import { add, takeAway } from "./things.js";
import { place, within } from "./time.js";

const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const WAYS = { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] };
// A key, what it does, and whether only where more than the goal can be edited.
export const KEYS = [
  ["space", "play or pause"], ["left, right", "one step back or on"], ["r", "restart the run"],
  ["o", "pick the next object; the arrow keys then move it, Escape lets go"],
  ["arrows, Enter", "with Erase, Paint or Add: move the frame, paint the tile in it or put the object there", true],
  ["Delete", "take away the picked object", true],
  ["m", "on the outcome map: a frame, moved by the arrow keys; Enter shows the run with the goal there"],
  ["1, 2, 3", "where a guess is asked for: make it", true],
  ["u", "undo the last edit"], ["?", "these keys"],
];

export function showKeys(s) {
  s.sheet.hidden = !s.sheet.hidden;
  s.keysButton.setAttribute("aria-expanded", String(!s.sheet.hidden));
}

export function key(s, e, down) {
  const way = ARROWS[e.key];
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (way && s.steer) { if (down) s.pressed.add(way); else s.pressed.delete(way); e.preventDefault(); return; }
  if (!down) return;
  if (s.data.recorded && !" r?".includes(e.key) && way !== "left" && way !== "right") return;
  const painting = (s.tool !== "drag" && s.tool !== "remove") || s.onMap, option = waits(s) ? s.data.guesses[+e.key - 1] : undefined;
  if (option !== undefined) guess(s, option, null);
  else if (e.key === " ") toggle(s);
  else if (e.key === "r") again(s);
  else if (e.key === "u") post(s, { kind: "undo" });
  else if (e.key === "?") showKeys(s);
  else if (e.key === "o") pick(s);
  else if (e.key === "m" && mapped(s)) { s.onMap = !s.onMap; s.picked = s.cell = null; s.note = ""; if (s.onMap) moveCursor(s, [0, 0]); }
  else if (e.key === "Escape") { s.picked = s.cell = null; s.onMap = false; s.note = ""; }
  else if (e.key === "Delete" && s.picked !== null && !s.data.only) takeAway(s, s.picked);
  else if (way && s.picked !== null) nudge(s, WAYS[way]);
  else if (way && painting) moveCursor(s, WAYS[way]);
  else if (e.key === "Enter" && s.onMap && s.cell) replay(s, ...s.cell);
  else if (e.key === "Enter" && painting && s.cell) dab(s, s.cell);
  else if (way === "left" || way === "right") step(s, way === "right" ? 1 : -1);
  else return;
  e.preventDefault();
}

// The slots in the order in which `o` picks them: the goal first, the agent last; or the one that can be moved.
export function picks({ names, goal, only }) {
  if (only) return [names.indexOf(only)];
  const goals = names.map((_, slot) => slot).filter((slot) => slot && names[slot] === goal);
  return [...goals, ...names.map((_, slot) => slot).filter((slot) => slot && !goals.includes(slot)), 0];
}

function pick(s) {
  const order = picks(s.data), from = order.indexOf(s.picked);
  for (let i = 1; i <= order.length; i++) {
    const slot = order[(from + i) % order.length];
    if (within(s, slot)) { s.picked = slot; s.gesture += 1; s.note = `${s.data.names[slot]} picked: the arrow keys move it, Escape lets go.`; return; }
  }
}

function nudge(s, [down, across]) {
  const name = s.data.names[s.picked], at = s.picked === 0 ? place(s, 0, s.frame) : s.data.level.objects[name];
  if (at) put(s, s.picked, [Math.round(at[0]) + down, Math.round(at[1]) + across], s.gesture);
}

function moveCursor(s, [down, across]) {
  const tiles = s.data.level.tiles, [r, q] = s.cell || [Math.floor(tiles.length / 2), Math.floor(tiles[0].length / 2)];
  s.cell = s.cell ? [Math.max(0, Math.min(tiles.length - 1, r + down)), Math.max(1, Math.min(tiles[0].length - 2, q + across))] : [r, q];
  if (s.onMap) { s.note = saysOf(s, ...s.cell); return; }
  s.note = `Row ${s.cell[0]}, column ${s.cell[1]}: Enter ${s.tool === "add" ? `puts ${s.adding.value} there` : "paints it"}.`;
}

function dab(s, cell) {
  if (s.tool === "add") { add(s, cell); return; }
  s.drag = { level: structuredClone(s.data.level), cells: 0 };
  brush(s, cell);
  if (s.drag.cells) edit(s, s.drag.level);
  s.drag = null;
}

// The action of these pressed ways (a Set of left, right, up, down) by the world's keys; null where it has none.
export function steered(keys, pressed) {
  const ways = [...pressed];
  for (const k of Object.keys(keys)) { const parts = k ? k.split("+") : []; if (parts.length === ways.length && parts.every((p) => pressed.has(p))) return keys[k]; }
  for (const way of ways) if (way in keys) return keys[way];
  return "" in keys ? keys[""] : null;
}

