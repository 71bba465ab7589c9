// A study's figure: panels of dots with intervals, drawn as SVG. Hovering or focusing a dot names the agents of its
// group; following it opens the agent in the demo. With `draw`, the reader first draws a curve (sketch.js).
import { dress, element, sheets } from "../canvas/js/base.js";
import { BOTTOM, LEFT, RIGHT, TALL, TOP, WIDE, shape } from "./plot.js";
import { sketch } from "./sketch.js";

const styles = await sheets(import.meta.url, "../canvas/canvas.css", "figure.css");

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gm"), id = JSON.stringify(data);
  dress(parentElement, styles);
  if (root.dataset.id === id) return;
  root.dataset.id = id;
  root.replaceChildren();
  const figure = element("div", { class: "figure" }, root);
  for (const panel of data.panels) drawPanel(figure, panel, data.draw, (message) => setTriggerValue("message", message));
}

const MARK = {
  o: "M5,0A5,5 0 1,1 -5,0A5,5 0 1,1 5,0Z", s: "M-4.6,-4.6H4.6V4.6H-4.6Z", "^": "M0,-5.6L5.4,4.4H-5.4Z", v: "M0,5.6L5.4,-4.4H-5.4Z",
  d: "M0,-6.4L4,0L0,6.4L-4,0Z", X: "M-5,-3L-3,-5L0,-2L3,-5L5,-3L2,0L5,3L3,5L0,2L-3,5L-5,3L-2,0Z",
  star: "M0,-9L2.2,-2.9L8.6,-2.8L3.5,1.1L5.3,7.3L0,3.6L-5.3,7.3L-3.5,1.1L-8.6,-2.8L-2.2,-2.9Z",
};

function scales(panel) {
  const x = (v) => LEFT + ((v - panel.x.low) / (panel.x.high - panel.x.low || 1)) * (WIDE - LEFT - RIGHT);
  const y = (v) => TALL - BOTTOM - ((v - panel.y.low) / (panel.y.high - panel.y.low || 1)) * (TALL - BOTTOM - TOP);
  return { x, y };
}

function drawPanel(figure, panel, draw, send) {
  const box = element("section", {}, figure);
  element("h4", {}, box, panel.title);
  element("p", { class: "told" }, box, panel.told);
  const tip = element("div", { class: "tip", role: "status", "aria-live": "polite", hidden: "" });
  const svg = shape("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, role: "group", "aria-label": `${panel.title}. ${panel.y.label}, by ${panel.x.label}` }, box);
  const to = scales(panel);
  drawAxes(svg, panel, to);
  const open = draw && !draw.locked;
  if (!open) {
    drawRules(svg, panel, to);
    drawLines(svg, panel, to, tip, box);
    drawDots(svg, panel, to, tip, box);
  }
  if (draw) sketch(svg, box, panel, to, draw, send);
  drawLegend(box, panel, panel.rules, draw && draw.locked);
  box.appendChild(tip);
}

function drawAxes(svg, panel, to) {
  const size = panel.y.high - panel.y.low, step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].find((s) => size / s <= 6) || 100;
  for (let v = panel.y.low; v <= panel.y.high + 1e-9; v += step) {
    shape("line", { x1: LEFT, x2: WIDE - RIGHT, y1: to.y(v), y2: to.y(v), class: "grid" }, svg);
    shape("text", { x: LEFT - 7, y: to.y(v) + 4, "text-anchor": "end" }, svg, +v.toFixed(2));
  }
  let last = -1e9;
  for (const [at, label] of panel.x.ticks) {
    const x = to.x(at), half = 3.6 * label.length;
    shape("line", { x1: x, x2: x, y1: TALL - BOTTOM, y2: TALL - BOTTOM + 5, class: "tick" }, svg);
    if (x - half < last + 3) continue; // never one word over another
    last = x + half;
    shape("text", { x: Math.min(x, WIDE - half), y: TALL - BOTTOM + 18, "text-anchor": "middle" }, svg, label);
  }
  shape("text", { x: (LEFT + WIDE - RIGHT) / 2, y: TALL - 6, "text-anchor": "middle", class: "label" }, svg, panel.x.label);
  shape("text", { transform: `translate(13 ${(TOP + TALL - BOTTOM) / 2}) rotate(-90)`, "text-anchor": "middle", class: "label" }, svg, panel.y.label);
}

function drawRules(svg, panel, to) {
  for (const rule of panel.rules) {
    const e = rule.kind === "place" ? shape("line", { x1: to.x(rule.x), x2: to.x(rule.x), y1: TOP, y2: TALL - BOTTOM, class: "rule dots" }, svg)
      : rule.kind === "height" ? shape("line", { x1: LEFT, x2: WIDE - RIGHT, y1: to.y(rule.y), y2: to.y(rule.y), class: "rule dashes" }, svg)
      : rule.kind === "range" ? shape("rect", { x: LEFT, width: WIDE - LEFT - RIGHT, y: to.y(rule.y[1]), height: to.y(rule.y[0]) - to.y(rule.y[1]), class: "range" }, svg)
      : rule.kind === "line" ? shape("line", { x1: to.x(rule.points[0][0]), y1: to.y(rule.points[0][1]), x2: to.x(rule.points[1][0]), y2: to.y(rule.points[1][1]), class: "rule" }, svg)
      : shape("path", { d: MARK.star, transform: `translate(${to.x(rule.x)} ${to.y(rule.y)})`, class: "star" }, svg);
    shape("title", {}, e, rule.says);
  }
}

function drawLines(svg, panel, to, tip, box) {
  for (const join of panel.joins) {
    let d = "", pen = "M";
    for (const [x, y] of join.points) { if (y === null) pen = "M"; else { d += `${pen}${to.x(x)},${to.y(y)}`; pen = "L"; } }
    shape("path", { d, class: "join", stroke: join.colour }, svg);
  }
  for (const line of panel.lines) {
    const upper = line.points.map(([x, , , high]) => `${to.x(x)},${to.y(high)}`), lower = line.points.map(([x, , low]) => `${to.x(x)},${to.y(low)}`).reverse();
    shape("path", { d: `M${upper.concat(lower).join("L")}Z`, fill: line.colour, class: "band" }, svg);
    const e = shape("path", { d: `M${line.points.map(([x, y]) => `${to.x(x)},${to.y(y)}`).join("L")}`, stroke: line.colour, class: "line", "stroke-dasharray": line.dashed ? "5 4" : undefined }, svg);
    e.addEventListener("pointermove", (event) => tell(tip, box, [[line.says, true]], event));
    e.addEventListener("pointerleave", () => { tip.hidden = true; });
  }
}

function drawDots(svg, panel, to, tip, box) {
  for (const dot of panel.dots) {
    const x = to.x(dot.x), y = to.y(dot.y);
    const link = shape("a", { href: dot.href, target: "_blank", rel: "noopener", "aria-label": `${dot.group}, ${dot.agent}: ${dot.says}; open it in the demo` }, svg);
    shape("path", { d: `M${x},${to.y(dot.low)}V${to.y(dot.high)}`, stroke: dot.colour, class: "reach" }, link);
    shape("circle", { cx: x, cy: y, r: 10, class: "hit" }, link);
    shape("path", { d: MARK[dot.mark], transform: `translate(${x} ${y})`, fill: dot.colour, class: "mark" }, link);
    const told = () => [[dot.group, true], ...panel.dots.filter((d) => d.group === dot.group).map((d) => [`${d.agent}: ${d.says}`, d === dot])];
    link.addEventListener("pointerenter", (event) => tell(tip, box, told(), event));
    link.addEventListener("focus", () => tell(tip, box, told(), { clientX: link.getBoundingClientRect().left, clientY: link.getBoundingClientRect().top }));
    for (const leave of ["pointerleave", "blur"]) link.addEventListener(leave, () => { tip.hidden = true; });
  }
}

function tell(tip, box, lines, at) {
  tip.replaceChildren();
  for (const [text, strong] of lines) element(strong ? "b" : "span", {}, tip, text);
  tip.hidden = false;
  const frame = box.getBoundingClientRect(), x = at.clientX - frame.left, y = at.clientY - frame.top;
  tip.style.left = Math.max(0, Math.min(x + 14, frame.width - tip.offsetWidth - 4)) + "px";
  tip.style.top = y + 16 + "px";
}

function drawLegend(box, panel, rules, drawn) {
  const legend = element("div", { class: "keys" }, box);
  const key = (name, draw) => {
    const item = element("span", {}, legend), svg = shape("svg", { viewBox: "-12 -8 24 16", width: 24, height: 16, "aria-hidden": "true" }, item);
    draw(svg);
    element("span", {}, item, name);
  };
  for (const { name, colour, mark } of panel.legend) {
    key(name, (svg) => MARK[mark] ? shape("path", { d: MARK[mark], fill: colour }, svg)
      : shape("path", { d: "M-11,0H11", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": mark === "--" ? "5 3" : undefined }, svg));
  }
  if (drawn) key("your curve", (svg) => shape("path", { d: "M-11,0H11", class: "sketch" }, svg));
  const seen = new Set();
  for (const rule of rules) {
    if (seen.has(rule.says)) continue;
    seen.add(rule.says);
    key(rule.says, (svg) => rule.kind === "star" ? shape("path", { d: MARK.star, class: "star", transform: "scale(0.8)" }, svg)
      : rule.kind === "range" ? shape("rect", { x: -11, y: -6, width: 22, height: 12, class: "range" }, svg)
      : shape("path", { d: rule.kind === "place" ? "M0,-8V8" : "M-11,0H11", class: `rule ${{ place: "dots", height: "dashes" }[rule.kind] || ""}` }, svg));
  }
}
