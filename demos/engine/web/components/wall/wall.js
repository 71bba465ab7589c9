// A wall of small pictures: several runs in one level, all at the same step. Painting is that of the canvas.
import { ART, button as labelled, dress, element, ending, sheets } from "../canvas/js/base.js";
import { ground, objects } from "../canvas/js/draw.js";
import { now } from "../canvas/js/time.js";

const styles = await sheets(import.meta.url, "../canvas/canvas.css", "wall.css");
const walls = new WeakMap();

export default function ({ data, parentElement }) {
  let w = walls.get(parentElement);
  if (!w) {
    dress(parentElement, styles);
    w = buildWall(parentElement.querySelector(".gm"));
    walls.set(parentElement, w);
  }
  receiveWall(w, data);
  return ending(parentElement, () => { cancelAnimationFrame(w.raf); walls.delete(parentElement); });
}

function buildWall(root) {
  const w = { frame: 0, playing: true, speed: 3, tints: {}, cells: [] };
  const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Playback of every run" }, root);
  const button = (label, title, act) => labelled(bar, label, title, act);
  const by = (steps) => { w.playing = false; w.frame = Math.max(0, Math.min(w.last, Math.round(w.frame) + steps)); };
  button("Restart", "Restart every run", () => { w.frame = 0; w.playing = true; });
  button("−1", "Every run one step back", () => by(-1));
  w.play = button("Pause", "Play or pause every run", () => { if (w.frame >= w.last) { w.frame = 0; w.playing = true; } else w.playing = !w.playing; });
  button("+1", "Every run one step on", () => by(1));
  const scrub = element("div", { class: "scrub" }, bar);
  w.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step of every run" }, scrub);
  w.slider.addEventListener("input", () => { w.playing = false; w.frame = +w.slider.value; });
  w.count = element("span", { class: "count" }, bar);
  const speed = element("select", { "aria-label": "Speed of every run" }, bar);
  for (const [v, label] of [[3, "slow"], [8, "normal"], [16, "fast"]]) element("option", { value: v }, speed, label);
  speed.addEventListener("change", () => { w.speed = +speed.value; });
  w.said = element("div", { class: "said tally", role: "status", "aria-live": "polite" }, root);
  w.wall = element("div", { class: "wall" }, root);
  let before = performance.now();
  const loop = (now) => { w.raf = requestAnimationFrame(loop); turn(w, Math.min((now - before) / 1000, 0.1)); before = now; };
  w.raf = requestAnimationFrame(loop);
  return w;
}

function receiveWall(w, data) {
  const id = JSON.stringify(data);
  if (w.id === id) return;
  w.id = id;
  w.data = data;
  w.ground = null;
  w.last = Math.max(...data.runs.map((run) => run.decided));
  w.slider.max = w.last;
  w.frame = 0;
  w.playing = true;
  const rows = data.level.tiles.length, columns = data.level.tiles[0].length;
  w.wall.style.setProperty("--least", columns > 20 ? "400px" : "max(115px, 14%)");
  w.wall.style.setProperty("--most", columns > 20 ? "none" : "260px");
  while (w.cells.length > data.runs.length) w.cells.pop().figure.remove();
  data.runs.forEach((run, i) => {
    if (!w.cells[i]) {
      const figure = element("figure", {}, w.wall), canvas = element("canvas", { role: "img" }, figure);
      const caption = element("figcaption", {}, figure);
      w.cells.push({ figure, canvas, name: element("b", {}, caption), mark: element("i", { "aria-hidden": "true" }, caption), word: element("span", {}, caption), ghost: null, tints: w.tints });
    }
    const cell = w.cells[i];
    cell.data = { ...data, ...run };
    cell.painted = null;
    cell.name.textContent = run.name;
    cell.canvas.width = 2 * ART * columns; cell.canvas.height = 2 * ART * rows;
    cell.canvas.setAttribute("aria-label", `${run.name}: ${run.says}`);
  });
}

function picture(w, cell) {
  const ctx = cell.canvas.getContext("2d");
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(ground(w, w.data.level), 0, 0, cell.canvas.width, cell.canvas.height);
  objects(cell, ctx, 2 * ART, 0, w.data.level, now(cell));
  cell.painted = cell.frame;
}

function turn(w, seconds) {
  if (!w.data) return;
  if (w.playing) {
    w.frame = Math.min(w.frame + seconds * w.speed, w.last);
    if (w.frame >= w.last) w.playing = false;
  }
  const counts = {};
  let running = 0;
  for (const cell of w.cells) {
    cell.frame = Math.min(w.frame, cell.data.decided);
    const over = w.frame >= cell.data.decided;
    if (cell.painted !== cell.frame) picture(w, cell); // two dozen of them: those that stand still cost nothing
    const word = over ? cell.data.ended : "…";
    if (cell.word.textContent !== word) {
      cell.word.textContent = word;
      cell.mark.textContent = over ? cell.data.mark : "";
      cell.mark.style.color = cell.figure.style.borderColor = over ? cell.data.colour : "";
    }
    if (over) counts[cell.data.ended] = (counts[cell.data.ended] || 0) + 1; else running += 1;
  }
  const told = w.data.words.map((word) => `${word} ${counts[word] || 0}`).concat(running ? [`still running ${running}`] : []).join(", ");
  if (w.said.textContent !== told) w.said.textContent = told;
  w.slider.value = Math.floor(w.frame);
  w.play.textContent = w.playing ? "Pause" : "Play";
  w.count.textContent = `step ${Math.floor(w.frame)} of ${w.last}`;
  w.wall.dataset.frame = w.frame.toFixed(2);
}
