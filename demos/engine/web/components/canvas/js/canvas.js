// A canvas: its parts, what it shows of a payload, and how it moves on. All else it knows is in state.js.
import { ART, button, element } from "./base.js";
import { lost, post } from "./edit.js";
import { beside, join, leader, share } from "./group.js";
import { receiveGuess, sendGuess } from "./guess.js";
import { KEYS, key, showKeys, steered } from "./keys.js";
import { copyLink } from "./link.js";
import { showLegend } from "./map.js";
import { paint } from "./paint.js";
import { again, buildPlay, receivePlay, showPlay, stand, step, tellSeen, toggle } from "./play.js";
import { move, press, release } from "./pointer.js";
import { fresh, held } from "./state.js";
import { buildSettings, showSettings } from "./things.js";
import { buildTools } from "./tools.js";

// In an element of class `gm`; its `send` is to be set before it receives a payload.
export function build(root) {
  const s = fresh();
  root.replaceChildren(); // Streamlit mounts again what it unmounted while the page was still loading
  s.stage = element("div", { class: "stage" }, root);
  s.canvas = element("canvas", { class: "scene", tabindex: "0", role: "img" }, s.stage);
  s.guessBar = element("div", { class: "bar guess", role: "group", "aria-label": "Your guess" }, root);
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Playback" }, root);
  s.bar = bar;
  const restart = button(bar, "Restart", "Restart the run", () => again(s));
  const back = button(bar, "−1", "One step back", () => step(s, -1));
  s.play = button(bar, "Pause", "Play or pause (space)", () => toggle(s));
  const on = button(bar, "+1", "One step on", () => step(s, 1));
  const scrub = element("div", { class: "scrub" }, bar);
  s.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run" }, scrub);
  s.slider.addEventListener("input", () => stand(s, +s.slider.value));
  s.playback = [restart, back, s.play, on, s.slider];
  s.marks = element("div", { class: "marks", "aria-hidden": "true" }, scrub);
  s.edited = element("span", { class: "edited" }, bar, "edited");
  s.count = element("span", { class: "count" }, bar);
  const speed = element("select", { "aria-label": "Speed" }, bar);
  for (const [v, label] of [[3, "slow"], [8, "normal"], [16, "fast"], [40, "very fast"]]) element("option", { value: v }, speed, label);
  s.speeds = speed;
  speed.value = 8;
  speed.addEventListener("change", () => { s.speed = +speed.value; share(s); });
  s.copy = button(bar, "Copy link", "Copy the address that brings this run back", () => copyLink(s));
  const keys = button(bar, "Keys", "Show the keys", () => showKeys(s));
  s.sheet = element("dl", { class: "sheet", id: "keys-" + Math.random().toString(36).slice(2) }, root);
  s.sheet.hidden = true;
  keys.setAttribute("aria-expanded", "false");
  keys.setAttribute("aria-controls", s.sheet.id);
  s.keysButton = keys;
  for (const [k, does, edits] of KEYS) for (const [tag, says] of [["dt", k], ["dd", does]]) element(tag, { class: edits ? "edits" : "" }, s.sheet, says);
  s.legend = element("div", { class: "legend", role: "group", "aria-label": "Outcome map" }, root);
  s.tools = element("div", { class: "tools", role: "toolbar", "aria-label": "Tools" }, root);
  s.settings = element("div", { class: "settings", role: "group", "aria-label": "Settings of the level" }, root);
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
  buildPlay(s, root);
  let last = performance.now();
  const loop = (now) => { s.raf = requestAnimationFrame(loop); tick(s, Math.min((now - last) / 1000, 0.1)); last = now; };
  s.raf = requestAnimationFrame(loop);
  return s;
}

// Show a payload, whole.
export function receive(s, data) {
  const first = !s.data, fresh = first || data.version !== s.data.version;
  if (s.data && data.session !== s.data.session) { s.waiting = null; s.next = null; }  // whoever was to answer is gone
  s.data = data;
  join(s);
  if (first || s.toolsFor !== data.names.join()) { buildTools(s); buildSettings(s); }
  s.syncTools();
  showSettings(s);
  s.overlay = data.overlay;
  if (s.waiting !== null && data.ack >= s.waiting) {
    s.waiting = null;
    if (s.next) { const m = s.next; s.next = null; post(s, m); } else s.holdAt = null;
    s.ghost = s.drag && s.drag.live ? s.ghost : null;
    if (s.waiting === null && !(s.drag && s.drag.live)) s.pending = null;
  }
  s.seq = Math.max(s.seq, data.ack);
  if (fresh && !first) {
    if (data.since === 0 && s.drag && s.drag.at !== undefined) s.drag.at = 0;  // it began anew under the hand
    if (data.since === 0 && !data.refused) { s.frame = 0; s.playing = s.playing || s.ended; }
    s.frame = Math.min(s.frame, data.steps);
    s.ended = false;
  }
  receiveGuess(s, first || (fresh && !data.refused));
  s.tools.style.display = data.simple || data.recorded ? "none" : "";
  receivePlay(s, first);
  showLegend(s);
  s.slider.max = data.steps;
  s.marks.replaceChildren(...data.edits.map((e) => { const i = document.createElement("i"); i.style.left = (100 * e.at) / Math.max(data.steps, 1) + "%"; return i; }));
  s.canvas.setAttribute("aria-label", data.alt);
  s.edited.style.display = data.edits.length && !data.start ? "" : "none";
  s.copy.style.display = data.link ? "" : "none";
  s.mind.style.display = data.overlay.mind ? "" : "none";
  s.ground = null;
  fit(s);
}

// The step that a run goes no further than now: where something is held, or an answer is awaited.
function limit(s) {
  const dragging = s.drag && s.drag.live && s.drag.at !== undefined ? s.drag.at : Infinity;
  return Math.min(dragging, s.waiting !== null && s.holdAt !== null ? Math.max(s.holdAt, 0) : Infinity);
}

// A person's action, once in every step; a step that is come to again is another.
function act(s) {
  const at = Math.floor(s.frame);
  if (!s.steer || at < s.told) s.told = -1;
  if (!s.steer || !s.playing || s.waiting !== null || s.frame >= s.data.steps || at === s.told) return;
  const action = steered(s.data.keys, s.pressed);
  if (action === null) return;
  s.told = at;
  s.holdAt = at + 1;
  post(s, { kind: "take", at, action });
}

function tick(s, seconds) {
  if (!s.data) return;
  act(s);
  sendGuess(s);
  lost(s);
  const lead = leader(s), before = s.frame;
  if (lead !== s && !held(s)) {
    s.frame = Math.min(lead.frame, s.data.steps);
    s.playing = lead.playing;
  } else if (s.playing && !held(s)) {
    const last = Math.min(s.data.steps, ...[s, ...beside(s)].map(limit));
    s.frame = Math.max(s.frame, Math.min(s.frame + seconds * s.speed, last));
  }
  if (s.playing && s.frame >= s.data.steps && before < s.data.steps) { s.ended = true; s.playing = lead !== s && lead.playing; s.endedAt = performance.now(); }
  tellSeen(s);
  showPlay(s);
  if (s.data.simple && !s.data.start && s.ended && !s.drag && s.waiting === null && performance.now() - s.endedAt > 2500) { s.ended = false; s.frame = 0; s.playing = true; }
  paint(s);
}

// The picture fills its column. At a whole number of screen pixels to a pixel of art it is sharp; in between it is
// painted larger and scaled down smoothly.
export function fit(s) {
  if (!s.data) return;
  const cols = s.data.level.tiles[0].length, rows = s.data.level.tiles.length, dpr = window.devicePixelRatio || 1;
  const wide = s.stage.clientWidth || cols * ART, tall = s.room || window.innerHeight * (s.data.stacked ? 0.3 : s.data.simple ? 0.48 : 0.5);
  let times = Math.max(0.25, Math.min(wide / (cols * ART), tall / (rows * ART))) * dpr;
  if (times > 1 && Math.floor(times) / times > 0.88) times = Math.floor(times);
  s.k = Math.max(1, Math.ceil(times - 1e-6));
  const w = cols * ART * s.k, h = rows * ART * s.k;
  if (s.canvas.width !== w || s.canvas.height !== h) { s.canvas.width = w; s.canvas.height = h; }
  s.canvas.style.width = (cols * ART * times) / dpr + "px";
  s.canvas.style.height = (rows * ART * times) / dpr + "px";
  s.canvas.style.imageRendering = Number.isInteger(times) ? "pixelated" : "auto";
}

