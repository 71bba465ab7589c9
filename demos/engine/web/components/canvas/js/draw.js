// Painting a level and what moves in it; the wall and the lawn paint with it too. `s`: {data, frame, tints, ground, ghost}.
import { ART } from "./base.js";
import { place } from "./time.js";

// Painting: the level, what moves, the policy as arrows, and what the agent sees.
function channel(hex) { return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)); }

export function tinted(s, sprite, hex, mirrored) {
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

export function ground(s, level) {
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

export function objects(s, ctx, unit, left, level, t) {
  for (let slot = s.data.names.length - 1; slot >= 0; slot--) {
    const name = s.data.names[slot], look = level.looks[name];
    const ghost = s.ghost && s.ghost.slot === slot ? s.ghost.at : null;
    if (!s.data.there[t][slot] && !ghost) continue;
    if (look === "nothing") { if (unit >= ART) unseen(ctx, ghost || place(s, slot, s.frame), unit, left); continue; }
    const [r, q] = ghost || place(s, slot, s.frame);
    const order = s.data.art.order, posed = order[order.indexOf(look) + s.data.pose[t][slot]];
    if (!s.data.art.rows[posed]) continue;
    ctx.drawImage(tinted(s, posed, level.colours[name], s.data.facing[t][slot] < 0), Math.round((q - left) * unit), Math.round(r * unit), unit, unit);
  }
}

// Where something stands that is not painted for the agent: a dashed outline, for people.
function unseen(ctx, [r, q], unit, left) {
  ctx.save();
  ctx.setLineDash([unit / 6, unit / 8]);
  ctx.lineWidth = Math.max(2, unit / 12);
  ctx.strokeStyle = "#8a5a00";
  ctx.strokeRect((q - left + 0.15) * unit, (r + 0.15) * unit, 0.7 * unit, 0.7 * unit);
  ctx.restore();
}

