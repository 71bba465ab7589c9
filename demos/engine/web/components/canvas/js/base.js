// What every component of the page uses.
export const ART = 20; // pixels of a sprite's side

export function element(tag, attributes, parent, text) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.appendChild(e);
  return e;
}

// Its name for a screen reader is its title, with the word on it where the title lacks that: who speaks to a page says it.
export function button(parent, label, title, act) {
  const lacks = /\p{L}{2}/u.test(label) && !title.toLowerCase().includes(label.toLowerCase());
  const b = element("button", { type: "button", title, "aria-label": lacks ? `${label}: ${title}` : title }, parent, label);
  b.addEventListener("click", act);
  return b;
}

// What a script hands back, to be called when its element goes: `end` is done for the newest call of the script only. New
// data is a new call, and where they come before the one before has returned, Streamlit ends that one, not the element.
const newest = new WeakMap(); // the number of the newest call, by element

export function ending(element, end) {
  const mine = (newest.get(element) || 0) + 1;
  newest.set(element, mine);
  return () => { if (newest.get(element) === mine) end(); };
}

// The style sheets at these addresses, relative to a module's own, to be put on with `dress`.
export function sheets(module, ...names) {
  return Promise.all(names.map(async (name) => new CSSStyleSheet().replace(await (await fetch(new URL(name, module))).text())));
}

export function dress(parent, styles) {
  const root = parent.getRootNode();
  root.adoptedStyleSheets = [...new Set([...root.adoptedStyleSheets, ...styles])];
}
