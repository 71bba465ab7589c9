// The live canvas. Python sends whole trajectories; this file animates them. The files beside it are joined to it.
const states = new WeakMap();

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

function build(root) {
  const s = { frame: 0, playing: true, speed: 8, tool: "drag", seq: 0, waiting: null, next: null, drag: null, tints: {}, held: new Set(), steer: false, told: 0, picked: null, cell: null, gesture: 0, note: "", guess: null };
  s.stage = element("div", { class: "stage" }, root);
  s.canvas = element("canvas", { class: "scene", tabindex: "0", role: "img" }, s.stage);
  s.guessBar = element("div", { class: "bar guess", role: "group", "aria-label": "Your guess" }, root);
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Playback" }, root);
  const button = (parent, label, title, act) => { const b = element("button", { type: "button", title, "aria-label": title }, parent, label); b.addEventListener("click", act); return b; };
  const again = button(bar, "Restart", "Restart the run", () => { s.frame = 0; s.playing = true; });
  const back = button(bar, "−1", "One step back", () => step(s, -1));
  s.play = button(bar, "Pause", "Play or pause (space)", () => toggle(s));
  const on = button(bar, "+1", "One step on", () => step(s, 1));
  const scrub = element("div", { class: "scrub" }, bar);
  s.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run" }, scrub);
  s.slider.addEventListener("input", () => { s.playing = false; s.frame = +s.slider.value; });
  s.playback = [again, back, s.play, on, s.slider];
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
  s.button = button;
  let last = performance.now();
  const loop = (now) => { s.raf = requestAnimationFrame(loop); tick(s, Math.min((now - last) / 1000, 0.1)); last = now; };
  s.raf = requestAnimationFrame(loop);
  return s;
}

function receive(s, data) {
  const first = !s.data, fresh = first || data.version !== s.data.version;
  s.data = data;
  if (first || s.toolsFor !== data.names.join()) { buildTools(s); buildSettings(s); }
  s.syncTools();
  showSettings(s);
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
  receiveGuess(s, first || (fresh && !data.refused));
  showLegend(s);
  s.slider.max = data.steps;
  s.marks.replaceChildren(...data.edits.map((e) => { const i = document.createElement("i"); i.style.left = (100 * e.at) / Math.max(data.steps, 1) + "%"; return i; }));
  s.canvas.setAttribute("aria-label", data.alt);
  s.tools.style.display = data.simple || data.recorded ? "none" : "";
  s.mind.style.display = data.overlay.mind ? "" : "none";
  s.ground = null;
  fit(s);
}

function tick(s, seconds) {
  if (!s.data) return;
  const limit = s.waiting !== null && s.holdAt !== undefined ? Math.max(s.holdAt, 0) : s.data.steps;
  if (s.steer && s.playing && s.waiting === null && s.frame < s.data.steps) {
    const a = action(s), at = Math.floor(s.frame);
    if (a !== null && !(at <= s.told)) { s.told = at; s.holdAt = at + 1; post(s, { kind: "take", at, action: a }); }
  }
  if (!s.steer) s.told = -1;
  sendGuess(s);
  if (s.playing && !held(s)) {
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
  const wide = s.stage.clientWidth || cols * ART, tall = window.innerHeight * (s.data.stacked ? 0.3 : s.data.simple ? 0.48 : 0.5);
  let times = Math.max(0.25, Math.min(wide / (cols * ART), tall / (rows * ART))) * dpr;
  if (times > 1 && Math.floor(times) / times > 0.88) times = Math.floor(times);
  s.k = Math.max(1, Math.ceil(times - 1e-6));
  const w = cols * ART * s.k, h = rows * ART * s.k;
  if (s.canvas.width !== w || s.canvas.height !== h) { s.canvas.width = w; s.canvas.height = h; }
  s.canvas.style.width = (cols * ART * times) / dpr + "px";
  s.canvas.style.height = (rows * ART * times) / dpr + "px";
  s.canvas.style.imageRendering = Number.isInteger(times) ? "pixelated" : "auto";
}
