// A hidden agent: edits that are counted, a belief, and its score (puzzle.py).
import { button, element } from "../components/canvas/js/base.js";

// The squared distance of a belief from what is true: 0 if sure and right, 2 if sure and wrong (Brier 1950).
export function brier(belief, truth) { return belief.reduce((sum, p, i) => sum + (p - (i === truth)) ** 2, 0); }

// Weights as shares of 1; all alike where there are none.
export function shares(weights) {
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (all ? weight / all : 1 / weights.length));
}

export function puzzle(v, parent, refresh) {
  const { options, truth, label, line, measured, command } = v.head.puzzle, box = element("section", { class: "verdict", "aria-label": "Your verdict" }, parent);
  const left = element("b", { role: "status" }, box);
  const knobs = options.map((option) => {
    const row = element("label", {}, box, option), knob = element("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": `How likely: ${option}` }, row);
    knob.addEventListener("input", () => show());
    return { knob, says: element("output", {}, row) };
  });
  const believed = () => shares(knobs.map(({ knob }) => Number(knob.value)));
  const done = button(box, "That is my verdict", "Say so, and see who it is", () => {
    const score = brier(believed(), truth), idle = 1 - 1 / options.length;
    v.covered = false;
    v.left = Infinity;
    v.head.command = command;
    Object.assign(v.head.agents[0], { label, line });
    told.textContent = `It is: ${label}. ${line} ${measured} So the answer is: ${options[truth]}. Your Brier score is ${score.toFixed(2)} (0: sure and right; ${idle.toFixed(2)}: no idea; 2: sure and wrong). Made by ${command}`;
    refresh();
  });
  const told = element("p", { role: "status" }, box);
  function show() {
    left.textContent = v.covered ? `What comes of it most often, where the goals lie apart? ${v.left} of ${v.head.puzzle.edits} edits left.` : "Now move it as often as you like.";
    believed().forEach((p, i) => { knobs[i].says.textContent = `${Math.round(100 * p)} %`; knobs[i].knob.disabled = !v.covered; });
    done.disabled = !v.covered;
  }
  return show;
}
