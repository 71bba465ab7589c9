// What Python sends a canvas (canvas/live.py, canvas/quiet.py). Slots are places of objects in a level, 0 is the agent.

/**
 * @typedef {Object} Level
 * @property {string[]} tiles rows of one character each
 * @property {Object<string, number[]>} objects name: [row, column]
 * @property {Object<string, string>} colours name: #rrggbb
 * @property {Object<string, string>} tile_colours the same of tiles
 * @property {Object<string, string>} looks name: sprite
 * @property {Object<string, number>} settings
 */

/**
 * @typedef {Object} Payload
 *
 * The world; the same in every payload of a run.
 * @property {{order: string[], rows: Object<string, string[]>, palette: Object<string, string>}} art
 * @property {{name: string, char: string, sprite: string, top: string}[]} tiles
 * @property {string[]} names by slot
 * @property {{kind: string, sprite: string, count: number, help: string, looks: string[]}[]} kinds by slot
 * @property {string} goal the object that the reward pays for
 * @property {string[]} actions
 * @property {Object<string, number>} keys "left+up": action; "": of no key
 * @property {Object[]} settings {name, low, high, help, choices, whole}
 * @property {string[][]} swatches [name, #rrggbb]
 * @property {number} margin, view columns of the agent's window beside it, and in all
 *
 * The run; each list has an entry for every step.
 * @property {number} version grows with every change of it
 * @property {string} session names what Python keeps of it
 * @property {Level} level as it is now; `first`: at the start
 * @property {{at: number, level: Level}[]} edits
 * @property {number[][]} places [row, column, row, column, ...] by slot; `there`, `facing`, `pose`: by slot
 * @property {number[]} paid reward until then
 * @property {number[][]} probabilities of the actions, where they are shown; `values`: number[]
 * @property {number} steps the last step; `whole`: of the run, where it is shown to an earlier one
 * @property {[number, string][]} events
 * @property {string} sentence what it did; `agent`: who; `alt`: for a screen reader; `link`: a query; `stamp`: how it ended
 *
 * The answer to a message.
 * @property {number} ack its number; `since`: the step from which the run differs
 * @property {string} refused a sentence, or empty
 *
 * How it is shown; all optional.
 * @property {{mind?: boolean, cells?: number[][], map?: Object}} overlay
 * @property {boolean} simple few controls; `recorded`: nothing can be changed; `stacked`: above another one
 * @property {"paused"|"running"} start; `speed`; `group`: runs that begin together; `play`: counts requests to play it
 * @property {string[]} tools which are offered; `only`: the one object that can be moved; `ring`: it is framed until somebody begins
 * @property {boolean} hold for a guess, with `guesses`, `settled` (the step that decides it), `verdict`
 * @property {boolean} wait hold without one, and say `waits`
 * @property {boolean} person somebody steers; `ghost`: [row, column], where the goal is asked to be put
 */

/**
 * A payload comes whole, or as what changed since one that this canvas holds (canvas/difference.py).
 * @typedef {Payload & {canvas: string, number: number}} Whole
 * @typedef {{canvas: string, number: number, base: number, changed: Object, tails: Object<string, Array>, gone: string[]}} Difference
 */

// The whole payload that was sent; null where it changes one that is not held. `held`: Whole or null.
export function merged(held, sent) {
  if (sent.base === undefined || (held && held.number === sent.number)) return sent.base === undefined ? sent : held;
  if (!held || held.number !== sent.base) return null;
  const whole = { ...held, ...sent.changed, number: sent.number };
  for (const name of sent.gone) delete whole[name];
  for (const [name, [begins, n, columns, entries]] of Object.entries(sent.tails)) whole[name] = held[name].slice(0, begins).concat(unpacked(n, columns, entries));
  return whole;
}

// n entries of columns in which the last value goes on; without columns, of entries of which the last goes on.
function unpacked(n, columns, entries) {
  const at = (column, i) => column[Math.min(i, column.length - 1)];
  return Array.from({ length: n }, (_, i) => (columns ? columns.map((column) => at(column, i)) : at(entries, i)));
}
