// What survives a reload. Where storage is switched off, the shop works without.

export function load(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`slipway.${name}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function save(name, value) {
  try {
    if (value === null) localStorage.removeItem(`slipway.${name}`);
    else localStorage.setItem(`slipway.${name}`, JSON.stringify(value));
  } catch {
    // Private windows may refuse; the page itself still holds the value.
  }
}
