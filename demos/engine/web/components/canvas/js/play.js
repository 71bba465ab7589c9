// A run that waits to be started: a large button on its picture, few controls, and a pad for fingers where a person acts.
import { button, element } from "./base.js";
import { post } from "./edit.js";
import { beside, leader, share } from "./group.js";
import { held, mapped, waitsToStart } from "./state.js";

const SHOWN = 1500; // milliseconds that the end of a run stands before the page asks for something

export function buildPlay(s, root) {
  s.root = root;
  s.big = button(s.stage, "▶", "Play the run", () => begin(s));
  s.big.className = "big";
  s.stamp = element("div", { class: "stamp", "aria-hidden": "true" }, s.stage);
  s.onward = button(s.bar, "Run on", "Let it run on", () => { post(s, { kind: "on" }); s.ended = false; s.playing = true; });
  s.pad = element("div", { class: "pad", role: "group", "aria-label": "Steer" }, root);
}

// A button for each way that the world's keys know, where somebody steers by touch.
function buildPad(s) {
  const { keys, actions } = s.data, id = JSON.stringify(keys), ways = new Set(Object.keys(keys).flatMap((k) => k.split("+")));
  if (s.padFor === id) return;
  s.padFor = id;
  s.pad.replaceChildren();
  for (const [way, sign] of [["left", "◀"], ["up", "▲"], ["down", "▼"], ["right", "▶"]]) {
    if (!ways.has(way)) continue;
    const says = actions[keys[way]] || way, b = button(s.pad, sign, `Press: ${says}`, () => {});
    b.addEventListener("pointerdown", (e) => { s.pressed.add(way); e.preventDefault(); });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) b.addEventListener(end, () => s.pressed.delete(way));
    b.addEventListener("contextmenu", (e) => e.preventDefault());
  }
}

// Begin from the first step; runs of one group begin together.
function begin(s) {
  if (held(s)) return;
  again(s);
  s.canvas.focus({ preventScroll: true });
}

export function again(s) {
  for (const each of [s, ...beside(s)]) {
    each.begun = each.playing = true;
    each.ended = false;
    each.frame = 0;
    each.told = -1;
    if (each.steer && each.waiting !== null) each.holdAt = 0; // what the person did there is still on its way
  }
  if (s.data.person) { s.steer = true; s.pressed.clear(); }
  if (s.steer) s.canvas.focus({ preventScroll: true }); // the keys that steer are the scene's
}

export function step(s, by) { if (!held(s)) stand(s, Math.round(s.frame) + by); }

// Stop at a step.
export function stand(s, frame) {
  const lead = leader(s);
  lead.playing = false;
  lead.frame = Math.max(0, Math.min(lead.data.steps, frame));
  share(lead);
}

export function toggle(s) {
  if (held(s)) return;
  if (waitsToStart(s)) { begin(s); return; }
  const lead = leader(s), over = lead.frame >= lead.data.steps;
  if (over) lead.frame = 0;
  lead.playing = over || !lead.playing;
  share(lead);
}

// Whether the page asks for the goal to be put somewhere for the first time: the run then goes back to where it is there.
function asksNow(s) { const asks = !!s.data.ghost && !s.asked; s.asked = s.asked || asks; return asks; }

// What a page says of how the run is shown, when its data come.
export function receivePlay(s, first) {
  if (first && s.data.speed) s.speed = s.data.speed;
  if (first && waitsToStart(s)) { s.playing = false; s.frame = 0; }
  if (!first && s.playing) s.begun = true;
  if (asksNow(s)) setTimeout(() => { s.frame = 0; s.playing = s.ended = false; }, SHOWN);
  if (s.data.play && s.data.play !== s.played) { s.played = s.data.play; again(s); s.steer = false; }
  s.big.textContent = s.data.person ? "▶ Steer" : "▶";
  s.big.setAttribute("aria-label", s.data.person ? "Steer it yourself" : "Play the run");
  buildPad(s);
  s.tools.dataset.only = s.data.tools ? s.data.tools.join(" ") : "";
  const shown = s.data.tools && s.data.tools.filter((tool) => tool !== "drag" && !(tool === "steer" && s.data.person));
  if (shown) s.tools.style.display = shown.length && !s.data.wait ? "" : "none"; // to drag needs no button
  s.speeds.value = s.speed;
}

// Tell the page once that a run was watched as far as it goes.
export function tellSeen(s) {
  if (!s.data.start || s.seen === s.data.version || s.waiting !== null || s.next || s.frame < s.data.steps || held(s)) return;
  s.seen = s.data.version;
  post(s, { kind: "seen", of: s.data.version });
}

export function showPlay(s) {
  const quiet = !!s.data.start, over = s.frame >= s.data.steps && !s.drag && s.waiting === null && (s.begun || !quiet);
  s.watched = s.watched || (quiet && over);
  const big = waitsToStart(s) && !held(s) && !mapped(s) && !s.drag;
  if (s.big.hidden === big) s.big.hidden = !big;
  s.root.classList.toggle("only", !!s.data.only);
  s.root.classList.toggle("quiet", quiet && !s.watched);
  s.root.classList.toggle("person", !!s.data.person);
  s.root.classList.toggle("steering", s.steer);
  s.onward.style.display = over && s.data.whole > s.data.steps ? "" : "none";
  const stamp = over && !mapped(s) ? s.data.stamp || "" : "";
  if (s.stamp.textContent !== stamp) s.stamp.textContent = stamp;
  s.canvas.dataset.over = quiet && over;
}

