// Where the goal comes to stand: only the places whose runs are in the file.

const away = ([r, q], [row, col]) => (r - row) ** 2 + (q - col) ** 2;

// The number of the place nearest to a spot.
export function nearest(cells, spot) {
  return cells.reduce((best, cell, i) => (away(cell, spot) < away(cells[best], spot) ? i : best), 0);
}

// That of the nearest place in the direction of a key: what lies aside counts as three times as far. Else where it was.
export function onward(cells, from, to) {
  const down = to[0] - from[0], across = to[1] - from[1], far = ([r, q]) => {
    const on = (r - from[0]) * down + (q - from[1]) * across, aside = Math.abs((r - from[0]) * across) + Math.abs((q - from[1]) * down);
    return on > 0 ? on + 3 * aside : Infinity;
  };
  const best = cells.reduce((i, cell, j) => (far(cell) < far(cells[i]) ? j : i), 0);
  return far(cells[best]) < Infinity ? best : nearest(cells, from);
}
