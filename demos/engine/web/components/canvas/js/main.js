// The live canvas as a component of the page. Python sends a payload (payload.js), which the canvas animates.
import { dress, ending, sheets } from "./base.js";
import { build, receive } from "./canvas.js";
import { post } from "./edit.js";
import { leave } from "./group.js";
import { merged } from "./payload.js";

const styles = await sheets(import.meta.url, "../canvas.css");
const states = new WeakMap();
const holding = {}; // the number of the payload of every canvas on the page

export default function ({ data, parentElement, setTriggerValue }) {
  let s = states.get(parentElement);
  if (!s) {
    dress(parentElement, styles);
    s = build(parentElement.querySelector(".gm"));
    states.set(parentElement, s);
  }
  s.send = (message) => setTriggerValue("message", { ...message, held: { ...holding } });
  const whole = merged(s.data, data);
  if (whole) {
    holding[data.canvas] = data.number;
    receive(s, whole);
  } else {
    delete holding[data.canvas];
    s.waiting = s.next = null; // the answer was this one, and all of it comes again
    setTimeout(() => post(s, { kind: "whole", at: 0 })); // not while it is mounted
  }
  return ending(parentElement, () => { cancelAnimationFrame(s.raf); s.observer.disconnect(); states.delete(parentElement); leave(s); delete holding[data.canvas]; });
}
