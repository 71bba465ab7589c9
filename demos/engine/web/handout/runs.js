// The packed runs of a live figure (runs.py): one is unpacked when it is shown.

// The parts of a payload that an entry of the figure's runs has, from its codes.
export function steps({ head, codes }, number) {
  const { steps, paid } = head.runs[number], slots = head.world.names.length, n = steps + 1;
  const found = { places: [], there: [], facing: [], pose: [], paid: [] };
  for (const list of Object.values(found)) for (let t = 0; t < n; t++) list.push([]);
  for (let slot = 0; slot < slots; slot++) {
    let row = 0, col = 0, at = head.begins[number] + slot * n;
    for (let t = 0; t < n; t++, at++) {
      const [down, across, there, facing, pose] = head.moves[codes(at)];
      row += down; col += across;
      found.places[t].push(row / 100, col / 100);
      found.there[t].push(there); found.facing[t].push(facing); found.pose[t].push(pose);
    }
  }
  let so = 0;
  for (let t = 0; t < n; t++) { so = paid[t] !== undefined ? paid[t] : so; found.paid[t] = so; }
  return found;
}

// Reads a code by its place: their low bytes stand first, then the high ones.
export function reader(head, rest) { return (at) => rest[at] + 256 * rest[at + head.count]; }

// Where the codes of every run begin.
export function begins(head) {
  const slots = head.world.names.length;
  let at = 0;
  return head.runs.map(({ steps }) => { const from = at; at += (steps + 1) * slots; return from; });
}
