// The cart: product ids and quantities, kept across reloads. Prices are the catalogue's.

import { load, save } from "./storage.js";

export const MAX_QUANTITY = 99;

export class Cart extends EventTarget {
  #products;
  #quantities;

  /** `products` are those of /api/products; what is no longer sold is dropped. */
  constructor(products) {
    super();
    this.#products = new Map(products.map((product) => [product.id, product]));
    const kept = Object.entries(load("cart", {})).filter(
      ([id, quantity]) =>
        this.#products.has(id) && Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY,
    );
    this.#quantities = new Map(kept);
  }

  /** Lines in the order in which they were added, with sums in whole cents. */
  get lines() {
    return [...this.#quantities].map(([id, quantity]) => {
      const product = this.#products.get(id);
      return { product, quantity, cents: Math.round(product.price * 100) * quantity };
    });
  }

  get count() {
    return [...this.#quantities.values()].reduce((sum, quantity) => sum + quantity, 0);
  }

  get cents() {
    return this.lines.reduce((sum, line) => sum + line.cents, 0);
  }

  quantity(id) {
    return this.#quantities.get(id) ?? 0;
  }

  /** Set a quantity; 0 removes the line. */
  set(id, quantity) {
    if (quantity <= 0) this.#quantities.delete(id);
    else this.#quantities.set(id, Math.min(quantity, MAX_QUANTITY));
    this.#changed();
  }

  clear() {
    this.#quantities.clear();
    this.#changed();
  }

  #changed() {
    save("cart", Object.fromEntries(this.#quantities));
    this.dispatchEvent(new Event("change"));
  }
}
