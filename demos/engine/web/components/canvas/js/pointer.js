// What is dragged, painted and clicked with the pointer.
import { ahead, edit, put } from "./edit.js";
import { guess } from "./guess.js";
import { replay } from "./map.js";
import { mapped, waits } from "./state.js";
import { add, takeAway } from "./things.js";
import { place, took, within } from "./time.js";

function spot(s, e) {
  const box = s.canvas.getBoundingClientRect();
  return [((e.clientY - box.top) / box.height) * s.data.level.tiles.length, ((e.clientX - box.left) / box.width) * s.data.level.tiles[0].length];
}

const FINGER = 24; // pixels of the page: a finger that lands so near to an object means it

// The slot of what lies under the pointer, or almost.
function under(s, at, e) {
  const tile = s.canvas.getBoundingClientRect().height / s.data.level.tiles.length;
  let best = null, near = Math.max(0.95, e.pointerType === "touch" ? FINGER / tile : 0);
  s.data.names.forEach((name, slot) => {
    if (!within(s, slot) || (s.data.only && name !== s.data.only)) return;
    const [r, q] = took(s, slot) ? s.data.level.objects[name] : place(s, slot, s.frame), d = Math.hypot(at[0] - r - 0.5, at[1] - q - 0.5);
    if (d < near) { near = d; best = slot; }
  });
  return best;
}

export function press(s, e) {
  s.canvas.focus({ preventScroll: true });
  if (s.data.recorded || (s.data.tools && !s.data.tools.some((tool) => tool !== "steer") && !mapped(s))) return;
  const at = spot(s, e);
  if (s.tool === "drag") {
    const slot = under(s, at, e);
    if (slot === null) { click(s, at); return; }
    s.drag = { slot, live: true, gesture: ++s.gesture, last: null, at: ahead(s) };
    s.note = ""; s.picked = null;
    s.ghost = { slot, at: [at[0] - 0.5, at[1] - 0.5] };
  } else if (s.tool === "add") add(s, at);
  else if (s.tool === "remove") takeAway(s, under(s, at, e));
  else { s.drag = { paint: true, live: true, level: structuredClone(s.data.level), cells: 0 }; brush(s, at); }
  s.canvas.setPointerCapture(e.pointerId);
}

export function brush(s, at) {
  const r = Math.floor(at[0]), q = Math.floor(at[1]), tiles = s.drag.level.tiles;
  if (r < 0 || r >= tiles.length || q < 1 || q >= tiles[0].length - 1) return;
  const char = s.data.tiles[+s.tool.slice(5)].char;
  if (tiles[r][q] === char) return;
  tiles[r] = tiles[r].slice(0, q) + char + tiles[r].slice(q + 1);
  s.drag.cells += 1;
  s.pending = s.drag.level;
}

export function move(s, e) {
  if (!s.data) return;
  const at = spot(s, e);
  if (s.drag && s.drag.live && s.drag.paint) brush(s, at);
  else if (s.drag && s.drag.live) { s.ghost = { slot: s.drag.slot, at: [at[0] - 0.5, at[1] - 0.5] }; drop(s, at, false); }
  else s.canvas.style.cursor = s.tool !== "drag" ? "crosshair" : under(s, at, e) === null ? "default" : "grab";
}

export function release(s, e) {
  const drag = s.drag;
  if (!drag || !drag.live) return;
  drag.live = false;
  s.drag = null;
  if (drag.paint) { if (drag.cells) edit(s, drag.level); return; }
  const at = spot(s, e);
  if (!drag.last && place(s, drag.slot, s.frame).map(Math.round).join() === at.map(Math.floor).join()) { s.ghost = null; click(s, at); return; }
  s.ghost = { slot: drag.slot, at: [at[0] - 0.5, at[1] - 0.5].map(Math.round) };
  s.drag = drag;
  if (!drop(s, at, true)) s.ghost = null;
  s.drag = null;
}

// Send where a dragged object is held, once for every tile it comes to; the agent's own body is sent when it is let go.
function drop(s, at, final) {
  const drag = s.drag, target = [Math.round(at[0] - 0.5), Math.round(at[1] - 0.5)];
  if (drag.slot === 0 && !final) return true;
  if (drag.last && drag.last.join() === target.join()) return s.waiting !== null;
  const from = place(s, drag.slot, s.frame).map(Math.round);
  if (!drag.last && !final && from.join() === target.join()) return true;
  drag.last = target;
  return put(s, drag.slot, target, drag.gesture);
}

function click(s, [row, col]) {
  if (waits(s)) guess(s, "", [row - 0.5, col - 0.5]);
  else if (mapped(s)) replay(s, Math.floor(row), Math.floor(col));
}

