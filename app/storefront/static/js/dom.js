// Small helpers for building the page. Text is always set as text, never as markup.

/** Find the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Make an element: properties by name, `data`/`aria-*`/`role` as attributes, then children. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

const formats = new Map();

/** Format an amount of whole cents. */
export function money(cents, currency) {
  if (!formats.has(currency)) {
    formats.set(currency, new Intl.NumberFormat("en-US", { style: "currency", currency }));
  }
  return formats.get(currency).format(cents / 100);
}

/** Tell people who listen to the page, not look at it, what has just happened. */
export function announce(text) {
  byId("announcer").textContent = text;
}
