// The outcome map: every place where the goal could stand, in the colours of what the agent did with it there.
import { element } from "./base.js";
import { post } from "./edit.js";
import { goalName, mapped } from "./state.js";

// What the arrows of the policy mean, told as the map's legend is.
const POLICY = { names: ["its likeliest action, fainter where it is less sure", "the bluer, the more reward it expects from there"], marks: ["➜", ""], colours: ["#8a8378", "#3d6cb0"], says: "" };
const PAINTED = 2000; // milliseconds in which a lesson's map is painted, spot by spot

export function paintMap(s, ctx, unit) {
  const { cells, colours, marks } = s.overlay.map;
  ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.lineWidth = Math.max(2, unit / 9); ctx.lineJoin = "round";
  ctx.font = `${Math.round(unit * 0.5)}px sans-serif`;
  if (s.mapOf !== s.overlay.map.says) { s.mapOf = s.overlay.map.says; s.mapSince = performance.now(); }
  const shown = s.data.start ? Math.ceil((cells.length * (performance.now() - s.mapSince)) / PAINTED) : cells.length;
  for (const [row, col, shares] of cells.slice(0, shown)) {
    let left = (col + 0.06) * unit;
    ctx.globalAlpha = 0.82;
    shares.forEach((share, i) => { ctx.fillStyle = colours[i]; ctx.fillRect(left, (row + 0.06) * unit, 0.88 * unit * share, 0.88 * unit); left += 0.88 * unit * share; });
    ctx.globalAlpha = 1;
    const mark = marks[shares.indexOf(Math.max(...shares))];
    ctx.strokeStyle = "#1b1510"; ctx.strokeText(mark, (col + 0.5) * unit, (row + 0.53) * unit);
    ctx.fillStyle = "#fff"; ctx.fillText(mark, (col + 0.5) * unit, (row + 0.53) * unit);
  }
}

// What the map says of a place, in words.
export function saysOf(s, row, col) {
  const cell = s.overlay.map.cells.find(([r, c]) => r === row && c === col), where = `Row ${row}, column ${col}: `;
  if (!cell) return where + "the goal cannot stand there.";
  const shares = cell[2].map((share, i) => [share, s.overlay.map.names[i]]).filter(([share]) => share > 0).sort((a, b) => b[0] - a[0]);
  return where + shares.map(([share, name]) => `${name} ${Math.round(100 * share)} %`).join(", ") + "; Enter shows the run.";
}

export function showLegend(s) {
  const found = s.overlay.map || (s.overlay.cells && POLICY);
  s.legend.style.display = found ? "" : "none";
  if (!mapped(s)) s.onMap = false;
  s.canvas.dataset.map = s.overlay.map ? s.overlay.map.cells.length : "";
  if (!found || s.legendFor === found.says) return;
  s.legendFor = found.says;
  s.legend.replaceChildren();
  found.names.forEach((name, i) => {
    const item = element("span", { class: "key" }, s.legend);
    element("i", { "aria-hidden": "true" }, item, found.marks[i]).style.background = found.colours[i];
    element("span", {}, item, name);
  });
  element("span", { class: found.stale ? "stale" : "" }, s.legend, found.says);
}

// Put the goal into a cell of the map, from the start: the first of the runs that were counted there.
export function replay(s, row, col) {
  if (!s.overlay.map.cells.some(([r, c]) => r === row && c === col)) return;
  const level = structuredClone(s.data.level);
  level.objects[goalName(s.data)] = [row, col];
  s.frame = 0; s.playing = true; s.holdAt = 0; s.onMap = false; s.cell = null; s.note = "";
  post(s, { kind: "edit", at: 0, level, moved: {}, gesture: ++s.gesture });
}

