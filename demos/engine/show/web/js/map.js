// The outcome map: every place where the goal could stand, in the colours of what the agent did with it there.

function mapped(s) { return !!s.overlay.map && !held(s); }

function map(s, ctx, unit) {
  const { cells, colours, marks } = s.overlay.map;
  ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.lineWidth = Math.max(2, unit / 9); ctx.lineJoin = "round";
  ctx.font = `${Math.round(unit * 0.5)}px sans-serif`;
  for (const [row, col, shares] of cells) {
    let left = (col + 0.06) * unit;
    ctx.globalAlpha = 0.82;
    shares.forEach((share, i) => { ctx.fillStyle = colours[i]; ctx.fillRect(left, (row + 0.06) * unit, 0.88 * unit * share, 0.88 * unit); left += 0.88 * unit * share; });
    ctx.globalAlpha = 1;
    const mark = marks[shares.indexOf(Math.max(...shares))];
    ctx.strokeStyle = "#1b1510"; ctx.strokeText(mark, (col + 0.5) * unit, (row + 0.53) * unit);
    ctx.fillStyle = "#fff"; ctx.fillText(mark, (col + 0.5) * unit, (row + 0.53) * unit);
  }
}

function showLegend(s) {
  const found = s.overlay.map;
  s.legend.style.display = found ? "" : "none";
  s.canvas.dataset.map = found ? found.cells.length : "";
  if (!found || s.legendFor === found.says) return;
  s.legendFor = found.says;
  s.legend.replaceChildren();
  found.names.forEach((name, i) => {
    const item = element("span", { class: "key" }, s.legend);
    element("i", { "aria-hidden": "true" }, item, found.marks[i]).style.background = found.colours[i];
    element("span", {}, item, name);
  });
  element("span", { class: found.stale ? "stale" : "" }, s.legend, found.says);
}

// Put the goal into a cell of the map, from the start: the first of the runs that were counted there.
function replay(s, row, col) {
  if (!s.overlay.map.cells.some(([r, c]) => r === row && c === col)) return;
  const level = structuredClone(s.data.level);
  level.objects[s.data.goal] = [row, col];
  s.frame = 0; s.playing = true; s.holdAt = 0;
  post(s, { kind: "edit", at: 0, level, moved: {}, gesture: ++s.gesture });
}
