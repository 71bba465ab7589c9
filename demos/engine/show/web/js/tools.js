// The tools under the canvas, and the same by keyboard.
const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const WAYS = { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] };
const KEYS = [
  ["space", "play or pause"], ["left, right", "one step back or on"], ["r", "restart the run"],
  ["o", "pick the next object; the arrow keys then move it, Escape lets go"],
  ["arrows, Enter", "with Erase, Paint or Add: move the frame, paint the tile in it or put the object there"],
  ["Delete", "take away the picked object"],
  ["m", "on the outcome map: a frame, moved by the arrow keys; Enter shows the run with the goal there"],
  ["1, 2, 3", "where a guess is asked for: make it"],
  ["u", "undo the last edit"], ["?", "these keys"],
];

function buildTools(s) {
  s.toolsFor = s.data.names.join();
  s.tools.replaceChildren();
  const choose = (tool) => {
    s.tool = tool; s.picked = s.cell = null; s.note = "";
    const which = tool.startsWith("tile:") && tool !== "tile:0" ? "paint" : tool;
    for (const [name, b] of s.toolButtons) b.setAttribute("aria-pressed", name === which);
  };
  s.toolButtons = [];
  const drag = s.button(s.tools, "Drag", "Drag objects", () => choose("drag"));
  const erase = s.button(s.tools, "Erase", "Erase to " + s.data.tiles[0].name, () => choose("tile:0"));
  const paint = s.button(s.tools, "Paint", "Paint tiles", () => choose("tile:" + tile.value));
  const tile = element("select", { "aria-label": "Tile to paint" }, s.tools);
  s.data.tiles.forEach((t, i) => { if (i) element("option", { value: i }, tile, t.name); });
  tile.addEventListener("change", () => choose("tile:" + tile.value));
  s.toolButtons.push(["drag", drag], ["tile:0", erase], ["paint", paint]);
  element("i", { class: "gap" }, s.tools);
  buildThings(s, choose);
  choose("drag");
  const what = element("select", { "aria-label": "What to recolour" }, s.tools);
  [...new Set([s.data.goal, ...s.data.kinds.map((k) => k.kind), ...s.data.tiles.map((t) => t.name)])].forEach((n) => element("option", { value: n }, what, n));
  const colour = element("input", { type: "color", "aria-label": "Colour of it", title: "Recolour it" }, s.tools);
  const names = () => s.data.names.filter((n, i) => n === what.value || s.data.kinds[i].kind === what.value);
  const current = () => s.data.level.tile_colours[what.value] || s.data.level.colours[names()[0]];
  const as = element("span", {}, s.tools, "drawn as");
  const looks = element("select", { "aria-label": "What it is drawn as", title: "Draw it as" }, s.tools);
  const offer = () => {
    const of = s.data.kinds.find((k, i) => names().includes(s.data.names[i]));
    if (looks.dataset.of !== what.value) {
      looks.dataset.of = what.value;
      looks.replaceChildren();
      (of ? of.looks : []).forEach((n) => element("option", { value: n }, looks, n));
    }
    if (of && of.looks.length) looks.value = s.data.level.looks[names()[0]];
    as.style.display = looks.style.display = of && of.looks.length ? "" : "none";
  };
  s.syncTools = () => { colour.value = current(); offer(); };
  what.addEventListener("change", s.syncTools);
  looks.addEventListener("change", () => {
    const level = structuredClone(s.data.level);
    names().forEach((n) => { level.looks[n] = looks.value; });
    edit(s, level);
  });
  const tint = (value) => {
    const level = structuredClone(s.data.level);
    if (level.tile_colours[what.value]) level.tile_colours[what.value] = value;
    else names().forEach((n) => { level.colours[n] = value; });
    colour.value = value;
    edit(s, level);
  };
  colour.addEventListener("change", () => tint(colour.value));
  const swatches = element("span", { class: "swatches", role: "group", "aria-label": "Named colours" }, s.tools);
  for (const [name, value] of s.data.swatches) {
    const b = s.button(swatches, "", `Recolour it ${name}`, () => tint(value));
    b.style.background = value;
  }
  element("i", { class: "gap" }, s.tools);
  s.button(s.tools, "Undo", "Undo the last edit", () => post(s, { kind: "undo" }));
  s.button(s.tools, "Reset", "Back to the level as it was", () => post(s, { kind: "reset" }));
  s.steering = s.button(s.tools, "Steer", "Take the controls with the arrow keys", () => {
    s.steer = !s.steer; s.steering.setAttribute("aria-pressed", s.steer);
    if (s.steer) { s.canvas.focus(); s.playing = true; }
    showGuess(s);
  });
}

function step(s, by) { if (held(s)) return; s.playing = false; s.frame = Math.max(0, Math.min(s.data.steps, Math.round(s.frame) + by)); }

function toggle(s) { if (held(s)) return; if (s.frame >= s.data.steps) { s.frame = 0; s.playing = true; } else s.playing = !s.playing; }

function showKeys(s) {
  s.sheet.hidden = !s.sheet.hidden;
  s.keysButton.setAttribute("aria-expanded", String(!s.sheet.hidden));
}

function key(s, e, down) {
  const way = ARROWS[e.key];
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (way && s.steer) { if (down) s.held.add(way); else s.held.delete(way); e.preventDefault(); return; }
  if (!down) return;
  if (s.data.recorded && !" r?".includes(e.key) && way !== "left" && way !== "right") return;
  const painting = (s.tool !== "drag" && s.tool !== "remove") || s.onMap, option = waits(s) ? s.data.guesses[+e.key - 1] : undefined;
  if (option !== undefined) guess(s, option, null);
  else if (e.key === " ") toggle(s);
  else if (e.key === "r") { s.frame = 0; s.playing = true; }
  else if (e.key === "u") post(s, { kind: "undo" });
  else if (e.key === "?") showKeys(s);
  else if (e.key === "o") pick(s);
  else if (e.key === "m" && mapped(s)) { s.onMap = !s.onMap; s.picked = s.cell = null; s.note = ""; if (s.onMap) walk(s, [0, 0]); }
  else if (e.key === "Escape") { s.picked = s.cell = null; s.onMap = false; s.note = ""; }
  else if (e.key === "Delete" && s.picked !== null) takeAway(s, s.picked);
  else if (way && s.picked !== null) nudge(s, WAYS[way]);
  else if (way && painting) walk(s, WAYS[way]);
  else if (e.key === "Enter" && s.onMap && s.cell) replay(s, ...s.cell);
  else if (e.key === "Enter" && painting && s.cell) dab(s, s.cell);
  else if (way === "left" || way === "right") step(s, way === "right" ? 1 : -1);
  else return;
  e.preventDefault();
}

function pick(s) {
  const there = s.data.there[now(s)], n = s.data.names.length, from = s.picked === null ? -1 : s.picked;
  for (let i = 1; i <= n; i++) {
    const slot = (from + i) % n;
    if (there[slot]) { s.picked = slot; s.gesture += 1; s.note = `${s.data.names[slot]} picked: the arrow keys move it, Escape lets go.`; return; }
  }
}

function nudge(s, [down, across]) {
  const name = s.data.names[s.picked], at = s.picked === 0 ? place(s, 0, s.frame) : s.data.level.objects[name];
  if (at) put(s, s.picked, [Math.round(at[0]) + down, Math.round(at[1]) + across], s.gesture);
}

function walk(s, [down, across]) {
  const tiles = s.data.level.tiles, [r, q] = s.cell || [Math.floor(tiles.length / 2), Math.floor(tiles[0].length / 2)];
  s.cell = s.cell ? [Math.max(0, Math.min(tiles.length - 1, r + down)), Math.max(1, Math.min(tiles[0].length - 2, q + across))] : [r, q];
  if (s.onMap) { s.note = told(s, ...s.cell); return; }
  s.note = `Row ${s.cell[0]}, column ${s.cell[1]}: Enter ${s.tool === "add" ? `puts ${s.adding.value} there` : "paints it"}.`;
}

function dab(s, cell) {
  if (s.tool === "add") { add(s, cell); return; }
  s.drag = { level: structuredClone(s.data.level), cells: 0 };
  brush(s, cell);
  if (s.drag.cells) edit(s, s.drag.level);
  s.drag = null;
}

function action(s) {
  const keys = s.data.keys, held = [...s.held];
  for (const k of Object.keys(keys)) { const parts = k ? k.split("+") : []; if (parts.length === held.length && parts.every((p) => s.held.has(p))) return keys[k]; }
  for (const h of held) if (h in keys) return keys[h];
  return "" in keys ? keys[""] : null;
}
