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

// The style sheets at these addresses, relative to a module's own, to be put on with `dress`.
export function sheets(module, ...names) {
  return Promise.all(names.map(async (name) => new CSSStyleSheet().replace(await (await fetch(new URL(name, module))).text())));
}

export function dress(parent, styles) {
  const root = parent.getRootNode();
  root.adoptedStyleSheets = [...new Set([...root.adoptedStyleSheets, ...styles])];
}
