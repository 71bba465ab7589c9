// The tools under the canvas.
import { button, element } from "./base.js";
import { edit, post } from "./edit.js";
import { showGuess } from "./guess.js";
import { buildThings } from "./things.js";

export function buildTools(s) {
  s.toolsFor = s.data.names.join();
  s.tools.replaceChildren();
  const choose = (tool) => {
    s.tool = tool; s.picked = s.cell = null; s.note = "";
    const which = tool.startsWith("tile:") && tool !== "tile:0" ? "paint" : tool;
    for (const [name, b] of s.toolButtons) b.setAttribute("aria-pressed", name === which);
  };
  s.toolButtons = [];
  const drag = button(s.tools, "Drag", "Drag objects", () => choose("drag"));
  drag.dataset.tool = "drag";
  const erase = button(s.tools, "Erase", "Erase to " + s.data.tiles[0].name, () => choose("tile:0"));
  const paint = button(s.tools, "Paint", "Paint tiles", () => choose("tile:" + tile.value));
  const tile = element("select", { "aria-label": "Tile to paint" }, s.tools);
  s.data.tiles.forEach((t, i) => { if (i) element("option", { value: i }, tile, t.name); });
  tile.addEventListener("change", () => choose("tile:" + tile.value));
  for (const each of [erase, paint, tile]) each.dataset.tool = "paint";
  s.toolButtons.push(["drag", drag], ["tile:0", erase], ["paint", paint]);
  element("i", { class: "gap" }, s.tools);
  buildThings(s, choose);
  choose("drag");
  element("span", {}, s.tools, "Colour of").dataset.tool = "colour";
  const what = element("select", { "aria-label": "What to recolour" }, s.tools);
  [...new Set([s.data.goal, ...s.data.kinds.map((k) => k.kind), ...s.data.tiles.map((t) => t.name)])].forEach((n) => element("option", { value: n }, what, n));
  const colour = element("input", { type: "color", "aria-label": "Colour of it", title: "Recolour it" }, s.tools);
  for (const each of [what, colour]) each.dataset.tool = "colour";
  const names = () => s.data.names.filter((n, i) => n === what.value || s.data.kinds[i].kind === what.value);
  const current = () => s.data.level.tile_colours[what.value] || s.data.level.colours[names()[0]];
  const as = element("span", {}, s.tools, "drawn as");
  const looks = element("select", { "aria-label": "What it is drawn as", title: "Draw it as" }, s.tools);
  as.dataset.tool = looks.dataset.tool = "colour";
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
  swatches.dataset.tool = "colour";
  for (const [name, value] of s.data.swatches) {
    const b = button(swatches, "", `Recolour it ${name}`, () => tint(value));
    b.style.background = value;
  }
  element("i", { class: "gap" }, s.tools);
  button(s.tools, "Undo", "Undo the last edit", () => post(s, { kind: "undo" }));
  button(s.tools, "Reset", "Back to the level as it was", () => post(s, { kind: "reset" }));
  s.steerButton = button(s.tools, "Steer", "Steer it yourself: with the arrow keys, or the buttons on a phone", () => {
    s.steer = !s.steer; s.steerButton.setAttribute("aria-pressed", s.steer);
    s.pressed.clear();
    if (s.steer) { s.canvas.focus({ preventScroll: true }); s.playing = true; }
    showGuess(s);
  });
  s.steerButton.dataset.tool = "steer";
}

