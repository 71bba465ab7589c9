// The reader's own curve: one handle at each value of the axis, moved by mouse, finger or arrow keys, then handed in.
import { element } from "../canvas/js/base.js";
import { BOTTOM, TALL, TOP, WIDE, shape } from "./plot.js";

export function sketch(svg, box, panel, to, draw, send) {
  const curve = draw.curve.slice();
  const line = shape("path", { class: "sketch" }, svg), handles = [];
  const paint = () => {
    line.setAttribute("d", `M${curve.map((v, i) => `${to.x(draw.at[i])},${to.y(v)}`).join("L")}`);
    handles.forEach((handle, i) => {
      handle.setAttribute("transform", `translate(${to.x(draw.at[i])} ${to.y(curve[i])})`);
      handle.setAttribute("aria-valuenow", curve[i]);
      handle.setAttribute("aria-valuetext", `${curve[i]} %`);
    });
  };
  if (!draw.locked) {
    svg.classList.add("open");
    draw.at.forEach((at, i) => {
      const handle = shape("g", { role: "slider", tabindex: 0, class: "handle", "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `Your curve at ${draw.labels[i]}` }, svg);
      shape("circle", { r: 14, class: "hit" }, handle);
      shape("circle", { r: 7, class: "knob" }, handle);
      handle.addEventListener("keydown", (event) => {
        const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: 100, End: -100 }[event.key];
        const beside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined && beside === undefined) return;
        event.preventDefault();
        if (beside) { const other = handles[i + beside]; if (other) other.focus(); return; }
        curve[i] = Math.max(0, Math.min(100, curve[i] + by * (Math.abs(by) === 1 && !event.shiftKey ? 2 : 1)));
        paint();
      });
      handles.push(handle);
    });
    const heights = (event) => {
      const frame = svg.getBoundingClientRect(), x = ((event.clientX - frame.left) / frame.width) * WIDE, y = ((event.clientY - frame.top) / frame.height) * TALL;
      let nearest = 0;
      draw.at.forEach((at, i) => { if (Math.abs(to.x(at) - x) < Math.abs(to.x(draw.at[nearest]) - x)) nearest = i; });
      curve[nearest] = Math.round(Math.max(0, Math.min(100, ((TALL - BOTTOM - y) / (TALL - BOTTOM - TOP)) * 100)));
      paint();
    };
    // one stroke over the figure draws the whole curve
    svg.addEventListener("pointerdown", (event) => { event.preventDefault(); svg.setPointerCapture(event.pointerId); svg.drawing = true; heights(event); });
    svg.addEventListener("pointermove", (event) => { if (svg.drawing) heights(event); });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { svg.drawing = false; });
    const bar = element("div", { class: "bar" }, box), hand = element("button", { type: "button", class: "hand" }, bar, "This is my curve");
    hand.addEventListener("click", () => { hand.disabled = true; send({ curve }); });
    element("span", { class: "told" }, bar, "Draw over the figure, or move the points with the arrow keys.");
  }
  paint();
}
