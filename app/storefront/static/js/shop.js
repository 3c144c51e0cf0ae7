// The page's entry: lists the products, shows the cart, hands over to the checkout.

import { Cart, MAX_QUANTITY } from "./cart.js";
import { followAddress, revealOrder, showAmount, startCheckout } from "./checkout.js";
import { announce, byId, el, money } from "./dom.js";

const cents = (product) => Math.round(product.price * 100);

async function main() {
  followAddress(); // needs no products
  const status = byId("products-status");
  let products;
  try {
    const response = await fetch("/api/products", { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(`status ${response.status}`);
    ({ products } = await response.json());
  } catch {
    status.textContent = "The products could not be loaded. Reload the page to try again.";
    status.classList.add("bad");
    return;
  }
  status.textContent = "";
  const cart = new Cart(products);
  byId("products").append(...products.map((product) => card(product, cart)));
  cart.addEventListener("change", () => showCart(cart));
  showCart(cart);
  startCheckout(cart);
  revealOrder(); // the products have moved it
}

function card(product, cart) {
  const add = el("button", {
    className: "button",
    type: "button",
    textContent: "Add to cart",
    "aria-label": `Add ${product.name} to cart`,
  });
  add.addEventListener("click", () => {
    cart.set(product.id, cart.quantity(product.id) + 1);
    announce(`${product.name} added. ${items(cart.count)} in the cart.`);
  });
  const title = el("h3", { textContent: product.name });
  return el("li", { className: "product", id: product.id },
    el("img", { src: product.picture, alt: "", width: 240, height: 180 }),
    el("div", { className: "product-body" },
      title,
      el("p", { textContent: product.description }),
      el("div", { className: "product-foot" },
        el("span", { className: "price", textContent: money(cents(product), product.currency) }),
        add)));
}

function showCart(cart) {
  const { lines, count } = cart;
  const badge = byId("cart-count");
  badge.textContent = count;
  badge.setAttribute("aria-label", items(count));

  // The list is built anew: give the keyboard its place back.
  const held = document.activeElement?.id;
  byId("cart-lines").replaceChildren(...lines.map((line) => cartLine(line, cart)));
  if (held && document.activeElement === document.body) {
    const again = byId(held);
    (again && !again.disabled ? again : byId("cart")).focus();
  }

  byId("cart-empty").hidden = count > 0;
  byId("cart-total").hidden = count === 0;
  byId("checkout").hidden = count === 0;
  if (count > 0) {
    const { currency } = lines[0].product;
    byId("cart-amount").textContent = money(cart.cents, currency);
    showAmount(cart.cents, currency);
  }
}

function cartLine({ product, quantity, cents: sum }, cart) {
  const change = (next) => () => {
    cart.set(product.id, next);
    announce(
      next > 0
        ? `${product.name}: ${next}. Total ${money(cart.cents, product.currency)}.`
        : `${product.name} removed. ${items(cart.count)} in the cart.`,
    );
  };
  const control = (id, text, label, next, disabled = false) => {
    const button = el("button", { id: `${id}-${product.id}`, type: "button", textContent: text, "aria-label": label });
    button.disabled = disabled;
    button.addEventListener("click", change(next));
    return button;
  };
  const remove = control("remove", "Remove", `Remove ${product.name}`, 0);
  remove.className = "remove";
  return el("li", { className: "line" },
    el("span", { className: "line-name", textContent: product.name }),
    el("span", { className: "line-sum", textContent: money(sum, product.currency) }),
    el("span", { className: "stepper", role: "group", "aria-label": `Quantity of ${product.name}` },
      control("less", "−", `One ${product.name} less`, quantity - 1, quantity <= 1),
      el("span", { className: "quantity", textContent: quantity }),
      control("more", "+", `One ${product.name} more`, quantity + 1, quantity >= MAX_QUANTITY)),
    remove);
}

const items = (count) => `${count} ${count === 1 ? "item" : "items"}`;

main();
