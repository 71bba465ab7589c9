// The size of a panel, and the shapes in it.
const SVG = "http://www.w3.org/2000/svg";
export const WIDE = 560, TALL = 350, LEFT = 52, RIGHT = 14, TOP = 10, BOTTOM = 46;

export function shape(tag, attributes, parent, text) {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) if (v !== undefined) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  parent.appendChild(e);
  return e;
}
