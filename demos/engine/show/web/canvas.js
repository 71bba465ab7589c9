// The live canvas. Python sends whole trajectories; this file animates them, and sends whole levels back.
const states = new WeakMap();
const ART = 20;
const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const WAYS = { left: [0, -1], right: [0, 1], up: [-1, 0], down: [1, 0] };
const KEYS = [
  ["space", "play or pause"], ["left, right", "one step back or on"], ["r", "restart the run"],
  ["o", "pick the next object; the arrow keys then move it, Escape lets go"],
  ["arrows, Enter", "with a paint tool: move the frame, paint the tile in it"],
  ["u", "undo the last edit"], ["?", "these keys"],
];

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gm");
  let s = states.get(parentElement);
  if (!s) {
    s = build(root);
    states.set(parentElement, s);
  }
  s.send = (message) => setTriggerValue("message", message);
  receive(s, data);
  return () => { cancelAnimationFrame(s.raf); s.observer.disconnect(); states.delete(parentElement); };
}

function element(tag, attributes, parent, text) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.appendChild(e);
  return e;
}

function build(root) {
  const s = { frame: 0, playing: true, speed: 8, tool: "drag", seq: 0, waiting: null, next: null, drag: null, tints: {}, held: new Set(), steer: false, told: 0, picked: null, cell: null, gesture: 0, note: "" };
  s.stage = element("div", { class: "stage" }, root);
  s.canvas = element("canvas", { class: "scene", tabindex: "0", role: "img" }, s.stage);
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Playback" }, root);
  const button = (parent, label, title, act) => { const b = element("button", { type: "button", title, "aria-label": title }, parent, label); b.addEventListener("click", act); return b; };
  button(bar, "Restart", "Restart the run", () => { s.frame = 0; s.playing = true; });
  button(bar, "−1", "One step back", () => step(s, -1));
  s.play = button(bar, "Pause", "Play or pause (space)", () => toggle(s));
  button(bar, "+1", "One step on", () => step(s, 1));
  const scrub = element("div", { class: "scrub" }, bar);
  s.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run" }, scrub);
  s.slider.addEventListener("input", () => { s.playing = false; s.frame = +s.slider.value; });
  s.marks = element("div", { class: "marks", "aria-hidden": "true" }, scrub);
  s.count = element("span", { class: "count" }, bar);
  const speed = element("select", { "aria-label": "Speed" }, bar);
  for (const [v, label] of [[3, "slow"], [8, "normal"], [16, "fast"], [40, "very fast"]]) element("option", { value: v }, speed, label);
  speed.value = 8;
  speed.addEventListener("change", () => { s.speed = +speed.value; });
  const keys = button(bar, "Keys", "Show the keys", () => showKeys(s));
  s.sheet = element("dl", { class: "sheet", id: "keys-" + Math.random().toString(36).slice(2) }, root);
  s.sheet.hidden = true;
  keys.setAttribute("aria-expanded", "false");
  keys.setAttribute("aria-controls", s.sheet.id);
  s.keysButton = keys;
  for (const [k, does] of KEYS) { element("dt", {}, s.sheet, k); element("dd", {}, s.sheet, does); }
  s.tools = element("div", { class: "tools", role: "toolbar", "aria-label": "Tools" }, root);
  s.said = element("div", { class: "said", role: "status", "aria-live": "polite" }, root);
  s.mind = element("div", { class: "mind" }, root);
  s.inset = element("canvas", { width: 65, height: 65, role: "img", "aria-label": "What the agent sees" }, s.mind);
  s.bars = element("div", { class: "bars" }, s.mind);
  s.canvas.addEventListener("pointerdown", (e) => press(s, e));
  s.canvas.addEventListener("pointermove", (e) => move(s, e));
  s.canvas.addEventListener("pointerup", (e) => release(s, e));
  s.canvas.addEventListener("keydown", (e) => key(s, e, true));
  s.canvas.addEventListener("keyup", (e) => key(s, e, false));
  s.observer = new ResizeObserver(() => fit(s));
  s.observer.observe(s.stage);
  s.button = button;
  let last = performance.now();
  const loop = (now) => { s.raf = requestAnimationFrame(loop); tick(s, Math.min((now - last) / 1000, 0.1)); last = now; };
  s.raf = requestAnimationFrame(loop);
  return s;
}

function receive(s, data) {
  const first = !s.data, fresh = first || data.version !== s.data.version;
  s.data = data;
  if (first || s.toolsFor !== data.names.join()) buildTools(s);
  s.overlay = data.overlay;
  if (s.waiting !== null && data.ack >= s.waiting) {
    s.waiting = null;
    if (s.next) { const m = s.next; s.next = null; post(s, m); }
    s.ghost = s.drag && s.drag.live ? s.ghost : null;
    if (s.waiting === null && !(s.drag && s.drag.live)) s.pending = null;
  }
  s.seq = Math.max(s.seq, data.ack);
  if (fresh && !first) {
    if (data.since === 0 && !data.refused) { s.frame = 0; s.playing = s.playing || s.ended; }
    s.frame = Math.min(s.frame, data.steps);
    s.ended = false;
  }
  s.slider.max = data.steps;
  s.marks.replaceChildren(...data.edits.map((e) => { const i = document.createElement("i"); i.style.left = (100 * e.at) / Math.max(data.steps, 1) + "%"; return i; }));
  s.canvas.setAttribute("aria-label", data.alt);
  s.tools.style.display = data.simple ? "none" : "";
  s.mind.style.display = data.overlay.mind ? "" : "none";
  s.ground = null;
  fit(s);
}

function buildTools(s) {
  s.toolsFor = s.data.names.join();
  s.tools.replaceChildren();
  const picks = [["drag", "Drag", "Drag objects"]];
  s.data.tiles.forEach((t, i) => picks.push(["tile:" + i, i ? "Paint " + t.name : "Erase", i ? "Paint " + t.name : "Erase to " + t.name]));
  const buttons = picks.map(([tool, label, title]) => {
    const b = s.button(s.tools, label, title, () => { s.tool = tool; s.picked = s.cell = null; s.note = ""; buttons.forEach((x) => x.setAttribute("aria-pressed", x === b)); });
    b.setAttribute("aria-pressed", tool === "drag");
    return b;
  });
  const what = element("select", { "aria-label": "What to recolour" }, s.tools);
  [...new Set([s.data.goal, ...s.data.kinds.map((k) => k.kind), ...s.data.tiles.map((t) => t.name)])].forEach((n) => element("option", { value: n }, what, n));
  const colour = element("input", { type: "color", "aria-label": "Colour of it", title: "Recolour it" }, s.tools);
  const names = () => s.data.names.filter((n, i) => n === what.value || s.data.kinds[i].kind === what.value);
  const current = () => s.data.level.tile_colours[what.value] || s.data.level.colours[names()[0]];
  colour.value = current();
  what.addEventListener("change", () => { colour.value = current(); });
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
  s.button(s.tools, "Undo", "Undo the last edit", () => post(s, { kind: "undo" }));
  s.button(s.tools, "Reset", "Back to the level as it was", () => post(s, { kind: "reset" }));
  s.steering = s.button(s.tools, "Steer", "Take the controls with the arrow keys", () => {
    s.steer = !s.steer; s.steering.setAttribute("aria-pressed", s.steer);
    if (s.steer) { s.canvas.focus(); s.playing = true; }
  });
}

function post(s, message) {
  if (s.waiting !== null) { s.next = message; return; }
  s.waiting = ++s.seq;
  s.send({ at: Math.floor(s.frame), ...message, seq: s.waiting });
}

// `gesture`: edits of one drag carry the same number, and are undone together.
function edit(s, level, moved, gesture) {
  const at = s.frame >= s.data.steps ? s.data.steps : Math.min(Math.floor(s.frame) + (s.playing ? 2 : 0), s.data.steps);
  s.holdAt = at;
  post(s, { kind: "edit", at, level, moved: moved || {}, gesture: gesture || ++s.gesture });
}

// Put an object on a tile; the agent's body is moved where it is now, and its start too while the run stands at it.
function put(s, slot, target, gesture) {
  const level = structuredClone(s.data.level), name = s.data.names[slot];
  if (target[0] < 0 || target[1] < 0 || target[0] >= level.tiles.length || target[1] >= level.tiles[0].length) return false;
  const starting = (s.frame < 1 && !s.playing) || s.frame >= s.data.steps;
  if (slot !== 0 || starting) level.objects[name] = target;
  edit(s, level, slot === 0 ? { 0: target } : {}, gesture);
  return true;
}

function step(s, by) { s.playing = false; s.frame = Math.max(0, Math.min(s.data.steps, Math.round(s.frame) + by)); }
function toggle(s) { if (s.frame >= s.data.steps) { s.frame = 0; s.playing = true; } else s.playing = !s.playing; }

function showKeys(s) {
  s.sheet.hidden = !s.sheet.hidden;
  s.keysButton.setAttribute("aria-expanded", String(!s.sheet.hidden));
}

function key(s, e, down) {
  const way = ARROWS[e.key];
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (way && s.steer) { if (down) s.held.add(way); else s.held.delete(way); e.preventDefault(); return; }
  if (!down) return;
  const painting = s.tool !== "drag";
  if (e.key === " ") toggle(s);
  else if (e.key === "r") { s.frame = 0; s.playing = true; }
  else if (e.key === "u") post(s, { kind: "undo" });
  else if (e.key === "?") showKeys(s);
  else if (e.key === "o") pick(s);
  else if (e.key === "Escape") { s.picked = s.cell = null; s.note = ""; }
  else if (way && s.picked !== null) nudge(s, WAYS[way]);
  else if (way && painting) walk(s, WAYS[way]);
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
  s.note = `Row ${s.cell[0]}, column ${s.cell[1]}: Enter paints it.`;
}

function dab(s, cell) {
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

function tick(s, seconds) {
  if (!s.data) return;
  const limit = s.waiting !== null && s.holdAt !== undefined ? Math.max(s.holdAt, 0) : s.data.steps;
  if (s.steer && s.playing && s.waiting === null && s.frame < s.data.steps) {
    const a = action(s), at = Math.floor(s.frame);
    if (a !== null && !(at <= s.told)) { s.told = at; s.holdAt = at + 1; post(s, { kind: "take", at, action: a }); }
  }
  if (!s.steer) s.told = -1;
  if (s.playing) {
    const before = s.frame;
    s.frame = Math.min(s.frame + seconds * s.speed, s.data.steps, Math.max(limit, s.frame));
    if (s.frame >= s.data.steps && before < s.data.steps) { s.ended = true; s.playing = false; s.endedAt = performance.now(); }
  }
  if (s.data.simple && s.ended && !s.drag && s.waiting === null && performance.now() - s.endedAt > 2500) { s.ended = false; s.frame = 0; s.playing = true; }
  paint(s);
}

// The picture fills its column. At a whole number of screen pixels to a pixel of art it is sharp; in between it is
// painted larger and scaled down smoothly.
function fit(s) {
  if (!s.data) return;
  const cols = s.data.level.tiles[0].length, rows = s.data.level.tiles.length, dpr = window.devicePixelRatio || 1;
  const wide = s.stage.clientWidth || cols * ART, tall = window.innerHeight * (s.data.simple ? 0.48 : 0.6);
  let times = Math.max(0.25, Math.min(wide / (cols * ART), tall / (rows * ART))) * dpr;
  if (times > 1 && Math.floor(times) / times > 0.88) times = Math.floor(times);
  s.k = Math.max(1, Math.ceil(times - 1e-6));
  const w = cols * ART * s.k, h = rows * ART * s.k;
  if (s.canvas.width !== w || s.canvas.height !== h) { s.canvas.width = w; s.canvas.height = h; }
  s.canvas.style.width = (cols * ART * times) / dpr + "px";
  s.canvas.style.height = (rows * ART * times) / dpr + "px";
  s.canvas.style.imageRendering = Number.isInteger(times) ? "pixelated" : "auto";
}

function channel(hex) { return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)); }

function tinted(s, sprite, hex, mirrored) {
  const id = sprite + hex + (mirrored ? "m" : "");
  if (s.tints[id]) return s.tints[id];
  const c = document.createElement("canvas");
  c.width = c.height = ART;
  const ctx = c.getContext("2d"), image = ctx.createImageData(ART, ART), base = channel(hex);
  const shades = { 1: base.map((v) => 0.6 * v + 0.4 * 255), 2: base, 3: base.map((v) => 0.62 * v) };
  s.data.art.rows[sprite].forEach((line, y) => [...line].forEach((ch, i) => {
    if (ch === ".") return;
    const x = mirrored ? ART - 1 - i : i;
    image.data.set([...(shades[ch] || channel(s.data.art.palette[ch])), 255], 4 * (y * ART + x));
  }));
  ctx.putImageData(image, 0, 0);
  s.tints[id] = c;
  return c;
}

function levelAt(s, t) {
  let level = s.data.first;
  for (const e of s.data.edits) if (e.at <= t) level = e.level;
  return level;
}

function ground(s, level) {
  const id = level.tiles.join("") + Object.values(level.tile_colours).join();
  if (s.ground && s.ground.id === id) return s.ground.canvas;
  const c = document.createElement("canvas"), rows = level.tiles.length, cols = level.tiles[0].length;
  c.width = cols * ART; c.height = rows * ART;
  const ctx = c.getContext("2d"), numbers = Object.fromEntries(s.data.tiles.map((t, i) => [t.char, i]));
  for (let r = 0; r < rows; r++) for (let q = 0; q < cols; q++) {
    const n = numbers[level.tiles[r][q]], t = s.data.tiles[n], open = r > 0 && numbers[level.tiles[r - 1][q]] === 0;
    ctx.drawImage(tinted(s, s.data.tiles[0].sprite, level.tile_colours[s.data.tiles[0].name]), q * ART, r * ART);
    if (n) ctx.drawImage(tinted(s, open ? t.top : t.sprite, level.tile_colours[t.name]), q * ART, r * ART);
  }
  s.ground = { id, canvas: c };
  return c;
}

function now(s) { return Math.max(0, Math.min(Math.floor(s.frame), s.data.steps)); }

function place(s, slot, frame) {
  const t = now(s), u = Math.min(t + 1, s.data.steps), f = frame - t, p = s.data.places;
  const a = [p[t][2 * slot], p[t][2 * slot + 1]], b = [p[u][2 * slot], p[u][2 * slot + 1]];
  if (Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) > 2.2) return a;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f];
}

function objects(s, ctx, unit, left, level, t) {
  for (let slot = s.data.names.length - 1; slot >= 0; slot--) {
    const name = s.data.names[slot], look = level.looks[name];
    const ghost = s.ghost && s.ghost.slot === slot ? s.ghost.at : null;
    if ((!s.data.there[t][slot] && !ghost) || look === "nothing") continue;
    const [r, q] = ghost || place(s, slot, s.frame);
    const order = s.data.art.order, posed = order[order.indexOf(look) + s.data.pose[t][slot]];
    if (!s.data.art.rows[posed]) continue;
    ctx.drawImage(tinted(s, posed, level.colours[name], s.data.facing[t][slot] < 0), Math.round((q - left) * unit), Math.round(r * unit), unit, unit);
  }
}

function paint(s) {
  const ctx = s.canvas.getContext("2d"), t = now(s), level = s.pending || levelAt(s, t);
  const unit = ART * s.k;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(ground(s, level), 0, 0, s.canvas.width, s.canvas.height);
  if (s.overlay.cells) field(s, ctx, unit);
  objects(s, ctx, unit, 0, level, t);
  const framed = s.picked !== null && s.data.there[t][s.picked] ? place(s, s.picked, s.frame) : s.tool === "drag" ? null : s.cell;
  if (framed) { ctx.strokeStyle = "#fff"; ctx.lineWidth = 2 * s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); ctx.strokeStyle = "#000"; ctx.lineWidth = s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); }
  s.slider.value = t;
  s.play.textContent = s.playing ? "Pause" : "Play";
  const paid = s.data.paid[t];
  s.count.textContent = `step ${t} of ${s.data.steps} · reward ${paid}`;
  const happened = s.data.events.filter((e) => e[0] <= t && e[1] !== "edited");
  const text = s.data.refused || s.note || (t >= s.data.steps ? s.data.sentence : happened.length ? `Step ${happened.at(-1)[0]}: ${happened.at(-1)[1]}.` : "Running.");
  if (s.said.textContent !== text) { s.said.textContent = text; s.said.className = s.data.refused ? "said refused" : "said"; }
  if (s.overlay.mind) mind(s, level, t);
  s.canvas.dataset.frame = s.frame.toFixed(2);
  s.canvas.dataset.version = s.data.version;
}

function field(s, ctx, unit) {
  const values = s.overlay.cells.map((c) => c[2]), low = Math.min(...values), span = Math.max(...values) - low || 1;
  const turns = { left: Math.PI, right: 0, up: -Math.PI / 2, down: Math.PI / 2, jump: -Math.PI / 2, "jump left": -0.75 * Math.PI, "jump right": -0.25 * Math.PI };
  for (const [r, q, v, a, p] of s.overlay.cells) {
    ctx.fillStyle = `rgba(0, 60, 140, ${(0.08 + (0.5 * (v - low)) / span).toFixed(3)})`;
    ctx.fillRect(q * unit, r * unit, unit, unit);
    const turn = turns[s.data.actions[a]];
    ctx.save();
    ctx.translate((q + 0.5) * unit, (r + 0.5) * unit);
    ctx.strokeStyle = "#1b1510"; ctx.lineWidth = Math.max(1, unit / 14); ctx.globalAlpha = 0.35 + 0.65 * p;
    ctx.beginPath();
    if (turn === undefined) ctx.arc(0, 0, unit / 8, 0, 7);
    else { ctx.rotate(turn); ctx.moveTo(-unit * 0.28, 0); ctx.lineTo(unit * 0.28, 0); ctx.moveTo(unit * 0.08, -unit * 0.16); ctx.lineTo(unit * 0.28, 0); ctx.lineTo(unit * 0.08, unit * 0.16); }
    ctx.stroke();
    ctx.restore();
  }
}

function mind(s, level, t) {
  const rows = level.tiles.length, view = s.data.view, small = 5, ctx = s.inset.getContext("2d");
  const first = s.data.margin ? Math.floor(s.data.places[t][1] + 0.5) - s.data.margin : 0;
  if (s.inset.width !== view * small) { s.inset.width = view * small; s.inset.height = rows * small; }
  s.inset.style.width = view * small * 2 + "px";
  ctx.imageSmoothingEnabled = true; ctx.imageSmoothingQuality = "high";
  const whole = ground(s, level), cols = level.tiles[0].length;
  for (let q = 0; q < view; q++) {
    const from = Math.max(0, Math.min(cols - 1, first + q));
    ctx.drawImage(whole, from * ART, 0, ART, rows * ART, q * small, 0, small, rows * small);
  }
  objects(s, ctx, small, first, level, t);
  const p = s.data.probabilities[Math.min(t, s.data.steps - 1)] || [];
  if (s.barsAt === t + "/" + s.data.version) return;
  s.barsAt = t + "/" + s.data.version;
  s.bars.replaceChildren();
  s.data.actions.forEach((name, i) => {
    element("span", {}, s.bars, name);
    const b = element("span", { class: "b" }, s.bars);
    b.style.width = 110 * (p[i] || 0) + "px";
    element("span", {}, s.bars, Math.round(100 * (p[i] || 0)) + " %");
  });
  element("span", {}, s.bars, "value");
  element("span", {}, s.bars, String(s.data.values[Math.min(t, s.data.steps - 1)]));
}

function spot(s, e) {
  const box = s.canvas.getBoundingClientRect();
  return [((e.clientY - box.top) / box.height) * s.data.level.tiles.length, ((e.clientX - box.left) / box.width) * s.data.level.tiles[0].length];
}

function under(s, at) {
  const t = now(s);
  let best = null, near = 0.95;
  s.data.names.forEach((_, slot) => {
    if (!s.data.there[t][slot]) return;
    const [r, q] = place(s, slot, s.frame), d = Math.hypot(at[0] - r - 0.5, at[1] - q - 0.5);
    if (d < near) { near = d; best = slot; }
  });
  return best;
}

function press(s, e) {
  s.canvas.focus({ preventScroll: true });
  const at = spot(s, e);
  if (s.tool === "drag") {
    const slot = under(s, at);
    if (slot === null) return;
    s.drag = { slot, live: true, gesture: ++s.gesture, last: null };
    s.note = ""; s.picked = null;
    s.ghost = { slot, at: [at[0] - 0.5, at[1] - 0.5] };
  } else { s.drag = { paint: true, live: true, level: structuredClone(s.data.level), cells: 0 }; brush(s, at); }
  s.canvas.setPointerCapture(e.pointerId);
}

function brush(s, at) {
  const r = Math.floor(at[0]), q = Math.floor(at[1]), tiles = s.drag.level.tiles;
  if (r < 0 || r >= tiles.length || q < 1 || q >= tiles[0].length - 1) return;
  const char = s.data.tiles[+s.tool.slice(5)].char;
  if (tiles[r][q] === char) return;
  tiles[r] = tiles[r].slice(0, q) + char + tiles[r].slice(q + 1);
  s.drag.cells += 1;
  s.pending = s.drag.level;
}

function move(s, e) {
  if (!s.data) return;
  const at = spot(s, e);
  if (s.drag && s.drag.live && s.drag.paint) brush(s, at);
  else if (s.drag && s.drag.live) { s.ghost = { slot: s.drag.slot, at: [at[0] - 0.5, at[1] - 0.5] }; drop(s, at, false); }
  else s.canvas.style.cursor = s.tool !== "drag" ? "crosshair" : under(s, at) === null ? "default" : "grab";
}

function release(s, e) {
  const drag = s.drag;
  if (!drag || !drag.live) return;
  drag.live = false;
  s.drag = null;
  if (drag.paint) { if (drag.cells) edit(s, drag.level); return; }
  const at = spot(s, e);
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
