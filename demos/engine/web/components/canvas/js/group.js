// Runs shown side by side go in step: one leads, and the others stand at its step, or at their end.
import { held } from "./state.js";

const groups = new Map(); // name: Set of canvases

export function join(s) {
  const name = s.data.group || "";
  if (s.group === name) return;
  leave(s);
  s.group = name;
  if (name) groups.set(name, (groups.get(name) || new Set()).add(s));
}

export function leave(s) {
  const members = groups.get(s.group);
  if (members) members.delete(s);
  if (members && !members.size) groups.delete(s.group);
  s.group = "";
}

export function beside(s) { return [...(groups.get(s.group) || [])].filter((other) => other !== s); }

// Who leads: whoever steers, else the longest run of those that are not held.
export function leader(s) {
  const members = [s, ...beside(s)], free = members.filter((each) => !held(each));
  const first = [...(groups.get(s.group) || [s])]; // the order in which they came, where runs are equally long
  return members.find((each) => each.steer) || first.filter((each) => free.includes(each)).reduce((a, b) => (b.data.steps > a.data.steps ? b : a), free[0] || s);
}

// The others take over where this one is.
export function share(s) {
  for (const other of beside(s)) {
    if (held(other)) continue;
    other.frame = Math.min(s.frame, other.data.steps);
    other.playing = s.playing;
    other.speed = s.speed;
    other.speeds.value = s.speed;
  }
}
