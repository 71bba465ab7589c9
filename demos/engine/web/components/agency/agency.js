// A run on a lawn, and after every step how likely an agent and a device are. Painting is that of the canvas.
import { button as labelled, dress, element, ending, sheets } from "../canvas/js/base.js";
import { ground, objects } from "../canvas/js/draw.js";
import { now, place } from "../canvas/js/time.js";

const styles = await sheets(import.meta.url, "../canvas/canvas.css", "agency.css");
const watches = new WeakMap();
const WALK = { ArrowUp: 0, ArrowRight: 1, ArrowDown: 2, ArrowLeft: 3 }, BY = [[-1, 0], [0, 1], [1, 0], [0, -1]];
const AGENT = "#2b83c6", DEVICE = "#e69f00";

export default function ({ data, parentElement, setTriggerValue }) {
  let s = watches.get(parentElement);
  if (!s) {
    dress(parentElement, styles);
    s = buildWatch(parentElement.querySelector(".gm"));
    watches.set(parentElement, s);
  }
  s.send = (message) => setTriggerValue("message", message);
  receiveWatch(s, data);
  return ending(parentElement, () => { cancelAnimationFrame(s.raf); s.observer.disconnect(); watches.delete(parentElement); });
}

function buildWatch(root) {
  const s = { frame: 0, playing: true, speed: 3, tints: {}, seq: 0, waiting: null, next: null, drag: null, picked: null, note: "", bars: {} };
  const both = element("div", { class: "watch" }, root), left = element("div", { class: "lawn" }, both);
  s.canvas = element("canvas", { class: "scene", tabindex: "0", role: "img" }, left);
  const right = element("div", { class: "belief" }, both);
  s.who = element("div", { class: "who", role: "img" }, right);
  for (const name of ["agent", "device"]) { s[name] = element("div", { class: name }, s.who); }
  s.factor = element("div", { class: "factor" }, right);
  s.chart = element("canvas", { class: "chart", role: "img", "aria-label": "The probability of an agent over the steps" }, right);
  s.lists = element("div", { class: "lists" }, right);
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Playback" }, root);
  const button = (label, title, act) => labelled(bar, label, title, act);
  button("Restart", "Back to the first step (r)", () => { s.frame = 0; s.playing = !s.data.yours; });
  button("−1", "One step back (left)", () => stepBy(s, -1));
  s.play = button("Pause", "Play or pause (space)", () => playOrPause(s));
  button("+1", "One step on (right)", () => stepBy(s, 1));
  const scrub = element("div", { class: "scrub" }, bar);
  s.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run" }, scrub);
  s.slider.addEventListener("input", () => { s.playing = false; s.frame = +s.slider.value; });
  s.count = element("span", { class: "count" }, bar);
  const speed = element("select", { "aria-label": "Speed" }, bar);
  for (const [v, label] of [[3, "slow"], [8, "normal"], [24, "fast"]]) element("option", { value: v }, speed, label);
  speed.addEventListener("change", () => { s.speed = +speed.value; });
  s.optional = element("span", { class: "optional" }, bar);
  button("Reset", "All things back where they were", () => postWatch(s, { kind: "reset" }));
  s.said = element("div", { class: "said", role: "status", "aria-live": "polite" }, root);
  s.canvas.addEventListener("pointerdown", (e) => takeUp(s, e));
  s.canvas.addEventListener("pointermove", (e) => carryOn(s, e));
  s.canvas.addEventListener("pointerup", (e) => letGo(s, e));
  s.canvas.addEventListener("keydown", (e) => keyed(s, e));
  s.observer = new ResizeObserver(() => { fitWatch(s); });
  s.observer.observe(both);
  s.left = left;
  let before = performance.now();
  const loop = (time) => { s.raf = requestAnimationFrame(loop); tickWatch(s, Math.min((time - before) / 1000, 0.1)); before = time; };
  s.raf = requestAnimationFrame(loop);
  return s;
}

function receiveWatch(s, data) {
  const first = !s.data, fresh = first || data.version !== s.data.version;
  s.data = data;
  if (s.waiting !== null && data.ack >= s.waiting) {
    s.waiting = null;
    if (s.next) { const m = s.next; s.next = null; postWatch(s, m); } else if (!s.drag) s.ghost = null;
  }
  s.seq = Math.max(s.seq, data.ack);
  if (fresh) {
    s.ground = null;
    if (data.yours) { s.playing = false; s.frame = data.since; }
    else if (first || data.since === 0) { s.frame = 0; s.playing = true; }
  }
  s.frame = Math.min(s.frame, data.steps);
  s.slider.max = data.steps;
  s.canvas.setAttribute("aria-label", data.alt);
  s.drawn = null;
  listBars(s);
  offerThings(s);
  fitWatch(s);
}

// What a level can do without is added and taken away.
function offerThings(s) {
  const there = s.data.optional.map((name) => [name, name in s.data.level.objects]), id = JSON.stringify(there);
  if (s.offered === id) return;
  s.offered = id;
  s.optional.replaceChildren(...there.map(([name, has]) => {
    const says = `${has ? "Take away" : "Add"} ${name.replaceAll("_", " ")}`, b = element("button", { type: "button" }, null, says);
    b.addEventListener("click", () => { s.holdAt = Math.floor(s.frame); postWatch(s, { kind: has ? "remove" : "add", name }); });
    return b;
  }));
}

function listBars(s) {
  const id = JSON.stringify([s.data.marks.map((m) => m.name), s.data.families]);
  if (s.listed === id) return;
  s.listed = id;
  s.lists.replaceChildren();
  s.bars = {};
  const group = (title, kind, names) => {
    const box = element("div", { class: "group" }, s.lists);
    element("div", { class: "head" }, box, title);
    for (const [name, help] of names) {
      const row = element("div", { class: "row", title: help }, box);
      element("span", { class: "name" }, row, name);
      const track = element("span", { class: "track" }, row), fill = element("i", { class: kind }, track);
      s.bars[kind + name] = { fill, value: element("span", { class: "value" }, row) };
    }
  };
  group("If an agent, its goal", "agent", [...s.data.marks.map((m) => [m.name, m.help]), ["elsewhere", "All other tiles together"]]);
  group("If a device, which kind", "device", s.data.families);
}

function fitWatch(s) {
  if (!s.data) return;
  const cols = s.data.level.tiles[0].length, rows = s.data.level.tiles.length, dpr = window.devicePixelRatio || 1;
  const wide = s.left.clientWidth || 360, tall = window.innerHeight * 0.56;
  const unit = Math.max(24, Math.floor(Math.min(wide / cols, tall / rows)));
  s.unit = unit * dpr;
  if (s.canvas.width !== Math.round(cols * s.unit)) { s.canvas.width = Math.round(cols * s.unit); s.canvas.height = Math.round(rows * s.unit); }
  s.canvas.style.width = cols * unit + "px"; s.canvas.style.height = rows * unit + "px";
  const w = s.chart.clientWidth || 300;
  s.chart.width = Math.round(w * dpr); s.chart.height = Math.round(s.chart.clientHeight * dpr);
  s.drawn = null;
}

function postWatch(s, message) {
  if (s.waiting !== null) { s.next = message; return; }
  s.waiting = ++s.seq;
  s.send({ at: Math.min(Math.floor(s.frame), s.data.steps), ...message, seq: s.waiting });
}

function stepBy(s, by) { s.playing = false; s.frame = Math.max(0, Math.min(s.data.steps, Math.round(s.frame) + by)); }

function playOrPause(s) { if (s.frame >= s.data.steps) { s.frame = 0; s.playing = true; } else s.playing = !s.playing; }

function tileAt(s, e) {
  const box = s.canvas.getBoundingClientRect();
  return [((e.clientY - box.top) / box.height) * s.data.level.tiles.length - 0.5, ((e.clientX - box.left) / box.width) * s.data.level.tiles[0].length - 0.5];
}

function thingAt(s, at) {
  let best = null, near = 0.8;
  s.data.names.forEach((_, slot) => {
    if (!s.data.there[now(s)][slot]) return;
    const [r, q] = place(s, slot, s.frame), d = Math.hypot(at[0] - r, at[1] - q);
    if (d < near) { near = d; best = slot; }
  });
  return best;
}

function takeUp(s, e) {
  s.canvas.focus({ preventScroll: true });
  const at = tileAt(s, e), slot = thingAt(s, at);
  s.note = "";
  s.picked = null;
  if (slot === null) return;
  s.drag = { slot, last: place(s, slot, s.frame).map(Math.round).join() };
  s.ghost = { slot, at };
  s.canvas.setPointerCapture(e.pointerId);
}

// A goal is sent for every tile it comes to; whoever walks when it is let go.
function carryOn(s, e) {
  if (!s.data) return;
  const at = tileAt(s, e);
  if (!s.drag) { s.canvas.style.cursor = thingAt(s, at) === null ? "default" : "grab"; return; }
  s.ghost = { slot: s.drag.slot, at };
  if (s.drag.slot !== 0) putDown(s, s.drag, at.map(Math.round));
}

function letGo(s, e) {
  const drag = s.drag, at = tileAt(s, e).map(Math.round);
  if (!drag) return;
  s.drag = null;
  s.ghost = { slot: drag.slot, at };
  if (!putDown(s, drag, at) && s.waiting === null) s.ghost = null;
}

function putDown(s, drag, target) {
  if (drag.last === target.join()) return false;
  drag.last = target.join();
  const ahead = s.playing && s.frame < s.data.steps ? 2 : 0;
  s.holdAt = Math.min(Math.floor(s.frame) + ahead, s.data.steps);
  postWatch(s, { kind: "move", name: s.data.names[drag.slot], place: target, at: s.holdAt });
  return true;
}

function keyed(s, e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const way = WALK[e.key];
  if (e.key === " ") playOrPause(s);
  else if (e.key === "r") { s.frame = 0; s.playing = !s.data.yours; }
  else if (e.key === "o") pickNext(s);
  else if (e.key === "Escape") { s.picked = null; s.note = ""; }
  else if (way !== undefined && s.picked !== null) {
    const at = place(s, s.picked, s.frame).map(Math.round);
    putDown(s, { slot: s.picked }, [at[0] + BY[way][0], at[1] + BY[way][1]]);
  } else if (way !== undefined && s.data.yours) { if (s.waiting === null) postWatch(s, { kind: "walk", action: way }); }
  else if (way === 1 || way === 3) stepBy(s, way === 1 ? 1 : -1);
  else return;
  e.preventDefault();
}

function pickNext(s) {
  const there = s.data.there[now(s)], n = s.data.names.length, from = s.picked === null ? -1 : s.picked;
  for (let i = 1; i <= n; i++) {
    const slot = (from + i) % n;
    if (there[slot]) { s.picked = slot; s.note = `${s.data.names[slot].replace("_", " ")} picked: the arrow keys move it, Escape lets go.`; return; }
  }
}

function tickWatch(s, seconds) {
  if (!s.data || !s.unit) return;
  if (s.playing) {
    const limit = s.waiting !== null && s.holdAt !== undefined ? Math.max(s.holdAt, s.frame) : s.data.steps;
    s.frame = Math.min(s.frame + seconds * s.speed, s.data.steps, limit);
    if (s.frame >= s.data.steps && s.waiting === null) s.playing = false;
  }
  paintLawn(s);
  const t = now(s), id = t + "/" + s.data.version + "/" + s.data.setting;
  if (s.drawn !== id) { s.drawn = id; showBelief(s, t); }
  s.slider.value = t;
  s.play.textContent = s.playing ? "Pause" : "Play";
  s.count.textContent = `step ${t} of ${s.data.steps}`;
  const text = s.data.refused || s.note || (s.data.yours ? s.data.hint : t >= s.data.steps ? s.data.sentence : "Drag whoever walks, or what lies on the lawn.");
  if (s.said.textContent !== text) { s.said.textContent = text; s.said.className = s.data.refused ? "said refused" : "said"; }
  s.canvas.dataset.frame = s.frame.toFixed(2);
  s.canvas.dataset.version = s.data.version;
}

function paintLawn(s) {
  const ctx = s.canvas.getContext("2d"), t = now(s), unit = s.unit, goals = s.data.goals[t], most = Math.max(...goals);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(ground(s, s.data.level), 0, 0, s.canvas.width, s.canvas.height);
  ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.font = `600 ${Math.round(unit * 0.27)}px sans-serif`;
  s.data.cells.forEach(([r, q], i) => {
    ctx.fillStyle = `rgba(10, 70, 150, ${(0.72 * Math.sqrt(goals[i])).toFixed(3)})`;
    ctx.fillRect(q * unit, r * unit, unit, unit);
  });
  trail(s, ctx, t);
  objects(s, ctx, unit, 0, s.data.level, t);
  s.data.cells.forEach(([r, q], i) => {
    if (goals[i] < 0.03) return;
    const x = (q + 0.5) * unit, y = (r + 0.84) * unit, words = Math.round(100 * goals[i]) + " %";
    ctx.lineWidth = unit * 0.09; ctx.lineJoin = "round"; ctx.strokeStyle = "rgba(0, 20, 50, 0.85)"; ctx.strokeText(words, x, y);
    ctx.fillStyle = "#fff"; ctx.fillText(words, x, y);
    if (goals[i] === most && most > 0.2) { ctx.strokeStyle = "#fff"; ctx.lineWidth = unit * 0.05; ctx.strokeRect((q + 0.03) * unit, (r + 0.03) * unit, 0.94 * unit, 0.94 * unit); }
  });
  if (s.picked !== null && s.data.there[t][s.picked]) {
    const [r, q] = place(s, s.picked, s.frame);
    ctx.strokeStyle = "#000"; ctx.lineWidth = unit * 0.09; ctx.strokeRect(q * unit, r * unit, unit, unit);
    ctx.strokeStyle = "#fff"; ctx.lineWidth = unit * 0.04; ctx.strokeRect(q * unit, r * unit, unit, unit);
  }
}

function trail(s, ctx, t) {
  ctx.strokeStyle = "rgba(255, 255, 255, 0.75)"; ctx.lineWidth = s.unit * 0.06; ctx.lineJoin = ctx.lineCap = "round";
  ctx.beginPath();
  for (let i = 0; i <= t; i++) ctx.lineTo((s.data.places[i][1] + 0.5) * s.unit, (s.data.places[i][0] + 0.5) * s.unit);
  ctx.stroke();
}

function percent(p) { return p > 0.9995 ? "> 99.9 %" : p < 0.0005 ? "< 0.1 %" : (100 * p).toFixed(1) + " %"; }

function showBelief(s, t) {
  const p = s.data.agent[t], goals = s.data.goals[t], f = s.data.factor[t];
  s.agent.style.flexGrow = p; s.device.style.flexGrow = 1 - p;
  s.agent.textContent = p > 0.13 ? `agent ${percent(p)}` : ""; s.device.textContent = p < 0.87 ? `device ${percent(1 - p)}` : "";
  s.who.setAttribute("aria-label", `An agent ${percent(p)}, a device ${percent(1 - p)}`);
  s.who.dataset.agent = p;
  const times = 10 ** Math.abs(f);
  s.factor.textContent = Math.abs(f) < 0.005 ? "The moves so far fit both alike." : `The moves so far are ${times < 1000 ? times.toPrecision(2) : "10^" + Math.abs(f).toFixed(1)} times as likely from ${f > 0 ? "an agent as from a device" : "a device as from an agent"}.`;
  const named = new Set(s.data.marks.map((m) => m.cells[t]).filter((cell) => cell >= 0));
  const rest = 1 - [...named].reduce((sum, cell) => sum + goals[cell], 0);
  const set = (key, value) => { s.bars[key].fill.style.width = 100 * value + "%"; s.bars[key].value.textContent = percent(value); };
  for (const m of s.data.marks) set("agent" + m.name, m.cells[t] < 0 ? 0 : goals[m.cells[t]]);
  set("agentelsewhere", Math.max(0, rest));
  s.data.families.forEach(([name], i) => set("device" + name, s.data.devices[t][i]));
  chartOf(s, t);
}

function chartOf(s, t) {
  const ctx = s.chart.getContext("2d"), w = s.chart.width, h = s.chart.height, d = window.devicePixelRatio || 1;
  const size = 0.78 * parseFloat(getComputedStyle(s.chart).fontSize) * d, left = 2.6 * size, foot = 1.3 * size;
  const ink = getComputedStyle(s.chart).color, x = (i) => left + ((w - left - 5 * d) * i) / Math.max(s.data.steps, 1), y = (p) => size / 2 + (h - foot - size) * (1 - p);
  ctx.clearRect(0, 0, w, h);
  ctx.font = `${size}px sans-serif`; ctx.fillStyle = ink; ctx.textAlign = "right"; ctx.textBaseline = "middle";
  ctx.strokeStyle = ink;
  for (const p of [0, 0.5, 1]) {
    ctx.fillText(String(p), left - 5 * d, y(p));
    ctx.globalAlpha = 0.22; ctx.lineWidth = d; ctx.setLineDash(p === 0.5 ? [4 * d, 3 * d] : []);
    ctx.beginPath(); ctx.moveTo(left, y(p)); ctx.lineTo(w - 4 * d, y(p)); ctx.stroke();
    ctx.globalAlpha = 1;
  }
  ctx.setLineDash([]);
  if (s.data.decided < s.data.steps) {
    ctx.globalAlpha = 0.5; ctx.lineWidth = d; ctx.setLineDash([2 * d, 2 * d]);
    ctx.beginPath(); ctx.moveTo(x(s.data.decided), y(0)); ctx.lineTo(x(s.data.decided), y(1)); ctx.stroke();
    ctx.setLineDash([]); ctx.globalAlpha = 1;
    ctx.textBaseline = "alphabetic"; ctx.fillText("┊ a named goal reached", w - 4 * d, h - 2 * d);
  }
  const line = (to, alpha) => {
    ctx.globalAlpha = alpha; ctx.strokeStyle = AGENT; ctx.lineWidth = 2 * d; ctx.lineJoin = "round"; ctx.beginPath();
    for (let i = 0; i <= to; i++) ctx.lineTo(x(i), y(s.data.agent[i]));
    ctx.stroke(); ctx.globalAlpha = 1;
  };
  line(s.data.steps, 0.25);
  line(t, 1);
  ctx.fillStyle = AGENT; ctx.beginPath(); ctx.arc(x(t), y(s.data.agent[t]), 4 * d, 0, 7); ctx.fill();
  ctx.fillStyle = ink; ctx.textBaseline = "alphabetic"; ctx.textAlign = "left"; ctx.fillText("p(agent) over the steps", left, h - 2 * d);
}
