// Painting: the level, what moves, the policy as arrows, and what the agent sees.
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
  if (mapped(s)) map(s, ctx, unit);
  objects(s, ctx, unit, 0, level, t);
  const framed = s.picked !== null && s.data.there[t][s.picked] ? place(s, s.picked, s.frame) : s.tool === "drag" && !s.onMap ? null : s.cell;
  if (framed) { ctx.strokeStyle = "#fff"; ctx.lineWidth = 2 * s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); ctx.strokeStyle = "#000"; ctx.lineWidth = s.k; ctx.strokeRect(framed[1] * unit, framed[0] * unit, unit, unit); }
  s.slider.value = t;
  s.play.textContent = s.playing && !held(s) ? "Pause" : "Play";
  const paid = s.data.paid[t];
  s.count.textContent = held(s) ? `step ${t} · reward ${paid}` : `step ${t} of ${s.data.steps} · reward ${paid}`;
  const judged = s.guess && s.data.verdict ? s.data.verdict + " " : "";
  const happened = s.data.events.filter((e) => e[0] <= t && e[1] !== "edited");
  const text = s.data.refused || s.note || heldWords(s) || (t >= s.data.steps ? judged + s.data.sentence : happened.length ? `${judged}Step ${happened.at(-1)[0]}: ${happened.at(-1)[1]}.` : "Running.");
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
