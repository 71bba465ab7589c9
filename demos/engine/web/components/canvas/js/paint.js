// Painting the canvas: the level, its overlays, the words under it, and what the agent sees.
import { ART, element } from "./base.js";
import { ground, objects, tinted } from "./draw.js";
import { heldWords } from "./guess.js";
import { paintMap } from "./map.js";
import { held, mapped, waitsToStart } from "./state.js";
import { levelAt, now, place, took, within } from "./time.js";

export function paint(s) {
  const ctx = s.canvas.getContext("2d"), t = now(s), level = s.pending || levelAt(s, t);
  const unit = ART * s.k;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(ground(s, level), 0, 0, s.canvas.width, s.canvas.height);
  if (s.overlay.cells) field(s, ctx, unit);
  if (mapped(s)) paintMap(s, ctx, unit);
  objects(s, ctx, unit, 0, level, t);
  if (s.data.ghost) asked(s, ctx, unit);
  s.data.names.forEach((name, slot) => { if (took(s, slot) && !s.ghost) faint(s, ctx, unit, name); });
  if (s.data.ring && waitsToStart(s)) ring(s, ctx, unit);
  const framed = s.picked !== null && within(s, s.picked) ? (took(s, s.picked) ? s.data.level.objects[s.data.names[s.picked]] : place(s, s.picked, s.frame)) : s.tool === "drag" && !s.onMap ? null : s.cell;
  if (framed) { ctx.strokeStyle = "#fff"; ctx.lineWidth = 2 * s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); ctx.strokeStyle = "#000"; ctx.lineWidth = s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); }
  s.slider.value = t;
  s.play.textContent = s.playing && !held(s) ? "Pause" : "Play";
  const paid = s.data.paid[t];
  s.count.textContent = held(s) || (s.data.start && t < s.data.steps) ? `step ${t} · reward ${paid}` : `step ${t} of ${s.data.steps} · reward ${paid}`;
  const judged = s.guess && s.data.verdict ? s.data.verdict + " " : "";
  const happened = s.data.events.filter((e) => e[0] <= t && e[1] !== "edited");
  const text = s.data.refused || s.note || heldWords(s) || (waitsToStart(s) ? " " : t >= s.data.steps ? judged + s.data.sentence : happened.length ? `${judged}Step ${happened.at(-1)[0]}: ${happened.at(-1)[1]}.` : "Running.");
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

// Where the goal stood that the run took: there it can be taken hold of.
function faint(s, ctx, unit, name) {
  const { looks, colours, objects } = s.data.level, [r, q] = objects[name];
  ctx.globalAlpha = 0.4;
  ctx.drawImage(tinted(s, looks[name], colours[name], false), q * unit, r * unit, unit, unit);
  ctx.globalAlpha = 1;
}

// Around the one thing that can be moved, until somebody begins.
function ring(s, ctx, unit) {
  const [r, q] = s.data.level.objects[s.data.only], swell = (0.08 + 0.06 * Math.sin(performance.now() / 300)) * unit;
  ctx.lineWidth = Math.max(2, unit / 10);
  for (const [colour, dash] of [["#fff", []], ["#0b6e8f", [unit / 4, unit / 6]]]) {
    ctx.setLineDash(dash);
    ctx.strokeStyle = colour;
    ctx.strokeRect(q * unit - swell, r * unit - swell, unit + 2 * swell, unit + 2 * swell);
  }
  ctx.setLineDash([]);
}

// A place where the page asks for the goal to be put: its sprite, faint and pulsing, in a dashed frame.
function asked(s, ctx, unit) {
  const [r, q] = s.data.ghost, name = s.data.goal, level = s.data.level, pulse = 0.5 + 0.5 * Math.sin(performance.now() / 300);
  ctx.save();
  ctx.globalAlpha = 0.25 + 0.45 * pulse;
  ctx.drawImage(tinted(s, level.looks[name], level.colours[name], false), q * unit, r * unit, unit, unit);
  ctx.setLineDash([unit / 6, unit / 8]);
  ctx.lineWidth = Math.max(2, unit / 12);
  ctx.strokeStyle = "#8a5a00";
  ctx.strokeRect((q - 0.1) * unit, (r - 0.1) * unit, 1.2 * unit, 1.2 * unit);
  ctx.restore();
}

