// What stands where at a step of a run. `s`: whatever has a payload (`data`) and a `frame` in it, which may be fractional.

export function now(s) { return Math.max(0, Math.min(Math.floor(s.frame), s.data.steps)); }

export function place(s, slot, frame) {
  const t = now(s), u = Math.min(t + 1, s.data.steps), f = frame - t, p = s.data.places;
  const a = [p[t][2 * slot], p[t][2 * slot + 1]], b = [p[u][2 * slot], p[u][2 * slot + 1]];
  if (Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) > 2.2) return a;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f];
}

// Whether a thing can be taken hold of: where it is, or, where only one can be moved and the run took it, where it stood.
export function within(s, slot) { return !!s.data.there[now(s)][slot] || took(s, slot); }

export function took(s, slot) { return s.data.names[slot] === s.data.only && s.frame >= s.data.steps && !s.data.there[s.data.steps][slot]; }

export function levelAt(s, t) {
  let level = s.data.first;
  for (const e of s.data.edits) if (e.at <= t) level = e.level;
  return level;
}

