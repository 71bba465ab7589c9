// Edits: sent as whole levels, one in flight, the newest wins.
import { held } from "./state.js";

// Edits: what is dragged or painted with the pointer, sent as whole levels, one in flight, the newest wins.
export function post(s, message) {
  if (s.waiting !== null) { s.next = message; return; }
  s.waiting = ++s.seq;
  s.send({ at: Math.floor(s.frame), ...message, seq: s.waiting });
}

const LOST = 6000; // milliseconds

// An answer that will not come, since the server is there and does nothing: it was started anew, and knows no page of before.
// The page is opened again; its address brings the run back.
export function lost(s) {
  const app = s.waiting === null ? null : document.querySelector('[data-testid="stApp"]');
  const idle = app && app.dataset.testScriptState === "notRunning" && app.dataset.testConnectionState === "CONNECTED";
  if (!idle) s.idleSince = performance.now();
  else if (performance.now() - s.idleSince > LOST) { s.idleSince = Infinity; location.reload(); }
}

// The step at which something done now takes effect: a little ahead of the picture; after the end, the run starts anew.
export function ahead(s) {
  if (s.frame >= s.data.steps) return s.data.whole || s.data.steps;
  return Math.min(Math.floor(s.frame) + (s.playing && !held(s) ? 2 : 0), s.data.steps);
}

// `gesture`: edits of one drag carry the same number, and are undone together. They are one edit: while a thing is held
// the run waits at the step where it was taken.
export function edit(s, level, moved, gesture) {
  const at = s.drag && s.drag.at !== undefined ? s.drag.at : ahead(s);
  s.holdAt = at;
  post(s, { kind: "edit", at, level, moved: moved || {}, gesture: gesture || ++s.gesture });
}

// Put an object on a tile; the agent's body is moved where it is now, and its start too while the run stands at it.
export function put(s, slot, target, gesture) {
  const level = structuredClone(s.data.level), name = s.data.names[slot];
  if (target[0] < 0 || target[1] < 0 || target[0] >= level.tiles.length || target[1] >= level.tiles[0].length) return false;
  const starting = (s.frame < 1 && (!s.playing || held(s))) || s.frame >= s.data.steps;
  if (slot !== 0 || starting) level.objects[name] = target;
  edit(s, level, { [slot]: target }, gesture);
  return true;
}

