// The checkout form and what comes of it: an order followed live, or a clear reason why not.

import { announce, byId, el, money } from "./dom.js";
import { follow, place } from "./orders.js";

const form = byId("checkout");
const customer = byId("customer-id");
const customerError = byId("customer-error");
const button = byId("place-order");
const answer = byId("order");
const steps = byId("order-steps");

const TITLES = {
  accepted: "Order accepted",
  processing: "Your order is being processed",
  shipped: "Your order is on its way",
  failed: "Your order could not be completed",
};

let busy = false;
let following = new AbortController();

/** Wire the form to the cart, and take up an order that the address names (#order=…). */
export function startCheckout(cart) {
  customer.addEventListener("input", () => customer.hasAttribute("aria-invalid") && checkCustomer());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!checkCustomer()) {
      customer.focus();
      return;
    }
    setBusy(true);
    try {
      const state = await place({
        customerId: customer.value.trim(),
        items: cart.lines.map(({ product, quantity }) => ({
          productId: product.id,
          quantity,
          price: product.price,
        })),
      });
      cart.clear();
      history.replaceState(null, "", `#order=${encodeURIComponent(state.orderId)}`);
      watch(state.statusUrl, state);
    } catch (error) {
      showProblem(error);
    } finally {
      setBusy(false);
    }
  });

  const named = /^#order=(.+)$/.exec(location.hash);
  if (named) watch(`/api/orders/${encodeURIComponent(decodeURIComponent(named[1]))}`, null);
}

/** Keep the button's text in step with the cart. */
export function showAmount(cents, currency) {
  button.textContent = `Place order · ${money(cents, currency)}`;
}

function checkCustomer() {
  customer.value = customer.value.trimStart();
  const good = customer.value.trim() !== "" && new RegExp(`^(?:${customer.pattern})$`).test(customer.value.trim());
  if (good) customer.removeAttribute("aria-invalid");
  else customer.setAttribute("aria-invalid", "true");
  customerError.hidden = good;
  customerError.textContent = good
    ? ""
    : "Enter your customer ID: letters and digits, and . _ @ + - between them.";
  return good;
}

// aria-disabled, not disabled: a disabled button would lose the keyboard's focus.
function setBusy(value) {
  busy = value;
  button.setAttribute("aria-disabled", String(value));
  form.setAttribute("aria-busy", String(value));
  if (value) announce("Placing the order.");
}

function watch(statusUrl, accepted) {
  following.abort();
  following = new AbortController();
  steps.replaceChildren();
  let last = null;
  const onState = (state) => {
    if (state.status === last) return;
    last = state.status;
    const kind = state.status === "failed" ? "bad" : "good";
    const detail = `Order ${state.orderId}`;
    show({ kind, title: TITLES[state.status] ?? state.status, message: state.message, detail });
    const now = new Date();
    steps.append(
      el("li", {},
        el("span", { textContent: state.status }),
        el("time", { dateTime: now.toISOString(), textContent: now.toLocaleTimeString() })),
    );
    announce(`${byId("order-title").textContent}. ${state.message}`);
  };
  if (accepted) {
    onState(accepted);
    byId("order-title").focus();
    if (accepted.final) return;
  }
  follow(statusUrl, {
    onState,
    signal: following.signal,
    onTrouble: (error, again) => {
      if (!again) showProblem(error);
      else byId("order-detail").textContent = `${error.message} Asking again.`;
    },
  });
}

function showProblem(error) {
  following.abort();
  steps.replaceChildren();
  // The server names fields as the API knows them, with sentences that go on from there.
  const wrong = error.fields.map(({ field, message }) => `${field} ${message}.`);
  show({
    kind: "bad",
    title: error.message,
    message: [error.nextStep, ...wrong].join(" "),
    detail: error.requestId ? `Request ${error.requestId}` : "",
  });
  byId("order-title").focus();
  answer.scrollIntoView({ block: "nearest" });
}

function show({ kind, title, message, detail }) {
  answer.hidden = false;
  answer.dataset.kind = kind;
  byId("order-title").textContent = title;
  byId("order-message").textContent = message;
  byId("order-detail").textContent = detail;
}
