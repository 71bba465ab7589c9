// Objects added and taken away, and the settings of a level.
import { button, element } from "./base.js";
import { edit, put } from "./edit.js";
import { now } from "./time.js";


export function buildThings(s, choose) {
  const several = [...new Set(s.data.kinds.slice(1).map((k) => k.kind))];
  if (!several.length) return;
  s.adding = element("select", { "aria-label": "Object to add" });
  several.forEach((kind) => element("option", { value: kind }, s.adding, kind.replaceAll("_", " ")));
  const add = button(s.tools, "Add", "Add an object where you click", () => choose("add"));
  s.tools.appendChild(s.adding);
  s.adding.addEventListener("change", () => choose("add"));
  const remove = button(s.tools, "Remove", "Take away the object you click", () => choose("remove"));
  add.dataset.tool = s.adding.dataset.tool = "add";
  remove.dataset.tool = "remove";
  s.toolButtons.push(["add", add], ["remove", remove]);
  element("i", { class: "gap" }, s.tools);
}

// A kind's slot that holds nothing now: one the level leaves empty, else one whose object was taken.
export function freeSlot(s, kind, target) {
  const t = now(s), level = s.data.level;
  const slots = s.data.names.map((_, i) => i).filter((i) => s.data.kinds[i].kind === kind && !s.data.there[t][i]);
  const empty = slots.find((i) => !level.objects[s.data.names[i]]);
  return empty !== undefined ? empty : slots.find((i) => level.objects[s.data.names[i]].join() !== target.join());
}

export function add(s, at) {
  const kind = s.adding.value, target = at.map(Math.floor), all = s.data.kinds.filter((k) => k.kind === kind).length;
  let slot = freeSlot(s, kind, target);
  if (slot === undefined && all === 1) slot = s.data.kinds.findIndex((k) => k.kind === kind);
  if (slot === undefined) { s.note = `The level holds ${all} of ${kind.replaceAll("_", " ")} now, which is the most it can.`; return; }
  s.note = "";
  put(s, slot, target, ++s.gesture);
}

export function takeAway(s, slot) {
  if (slot === null) return;
  if (slot === 0) { s.note = `A level needs its ${s.data.names[0].replaceAll("_", " ")}; it can be moved, not taken away.`; return; }
  s.note = ""; s.picked = null;
  const level = structuredClone(s.data.level);
  delete level.objects[s.data.names[slot]];
  edit(s, level, { [slot]: [-1, -1] });
}

export function buildSettings(s) {
  s.settings.replaceChildren();
  s.settings.style.display = s.data.settings.length && !s.data.simple && !s.data.recorded ? "" : "none";
  s.knobs = s.data.settings.map((setting) => {
    const label = element("label", { title: setting.help }, s.settings, setting.name.replaceAll("_", " "));
    const knob = setting.choices.length ? element("select", {}, label) : element("input", { type: "range", min: setting.low, max: setting.high, step: setting.whole ? 1 : (setting.high - setting.low) / 100 }, label);
    setting.choices.forEach((choice) => element("option", { value: choice }, knob, choice));
    const says = setting.choices.length ? null : element("span", { class: "value" }, label);
    if (says) knob.addEventListener("input", () => { says.textContent = number(knob.value); });
    knob.addEventListener("change", () => {
      const level = structuredClone(s.data.level);
      level.settings[setting.name] = knob.value;
      edit(s, level);
    });
    return { name: setting.name, knob, says };
  });
}

// Short enough to read, and never as 2.0e+2.
export function number(text) { return String(+(+text).toPrecision(3)); }

export function showSettings(s) {
  for (const { name, knob, says } of s.knobs || []) {
    if (document.activeElement !== knob || s.data.refused) knob.value = s.data.level.settings[name];
    if (says) says.textContent = number(knob.value);
  }
}

