// The checkout form and what comes of it: an order followed live, or a clear reason why not.

import { announce, byId, el, money } from "./dom.js";
import { follow, place } from "./orders.js";

const form = byId("checkout");
const customer = byId("customer-id");
const customerError = byId("customer-error");
const button = byId("place-order");
const answer = byId("order");
const outOfStock = form.elements.shippingToken;

const TITLES = {
  accepted: "Order received",
  processing: "Your order is being checked",
  awaiting_approval: "Your order waits for approval",
  paid: "Your order is paid",
  shipped: "Your order is on its way",
  failed: "Your order could not be completed",
};

let busy = false;
let following = new AbortController();

/** Wire the form to the cart. */
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
        paymentToken: form.elements.paymentToken.value,
        ...(outOfStock.checked && { shippingToken: outOfStock.value }),
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
}

/** Follow the order that the address names (#order=…), now and whenever it names another. */
export function followAddress() {
  const take = () => {
    const named = /^#order=([A-Za-z0-9_-]{1,80})$/.exec(location.hash);
    if (named) watch(`/api/orders/${named[1]}`, null);
  };
  addEventListener("hashchange", take);
  take();
}

/** Bring the order that the address names into sight: on a phone it is below all products. */
export function revealOrder() {
  if (location.hash.startsWith("#order=")) answer.scrollIntoView({ block: "nearest" });
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
  let last = null;
  let troubled = false;
  const onState = (state) => {
    const seen = JSON.stringify(state);
    const news = seen !== last;
    const first = last === null;
    if (!news && !troubled) return;
    last = seen;
    troubled = false;
    const kind = state.status === "failed" ? "bad" : "good";
    const title = TITLES[state.status] ?? state.status;
    show({ kind, title, message: state.message, steps: stepsOf(state), facts: factsOf(state) });
    if (first && !accepted) revealOrder();
    if (news) announce(`${title}. ${state.message}`);
  };
  const onTrouble = (error, again) => {
    if (!again) {
      showProblem(error);
      return;
    }
    const text = `${error.message} Your order goes on; asking again.`;
    if (!troubled) announce(text);
    troubled = true;
    if (last === null) show({ kind: "wait", title: "Looking for your order" });
    byId("order-detail").textContent = text;
  };
  if (accepted) {
    onState(accepted);
    byId("order-title").focus();
    if (accepted.final) return;
  }
  follow(statusUrl, { onState, onTrouble, signal: following.signal });
}

// What a customer sees of the way: three stations, and the money's way back.
function stepsOf({ status, transactionId, refunded, final }) {
  const failed = status === "failed";
  const paid = status === "paid" || status === "shipped" || (failed && transactionId !== undefined);
  const steps = [
    ["Received", "done"],
    ["Checked and paid", paid ? "done" : failed ? "failed" : "current"],
    ["Shipped", status === "shipped" ? "done" : !paid ? "open" : failed ? "failed" : "current"],
  ];
  if (refunded) steps.push(["Money given back", "done"]);
  else if (failed && !final) steps.push(["Money given back", "current"]);
  return steps;
}

function factsOf({ orderId, trackingNumber, transactionId }) {
  return [
    ["Order", orderId],
    ["Tracking number", trackingNumber],
    ["Payment", transactionId],
  ].filter(([, value]) => value !== undefined);
}

function showProblem(error) {
  following.abort();
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

const SPOKEN = { done: "done", current: "under way", failed: "failed", open: "not yet" };

function show({ kind, title, message = "", detail = "", steps = [], facts = [] }) {
  answer.hidden = false;
  answer.dataset.kind = kind;
  byId("order-title").textContent = title;
  byId("order-message").textContent = message;
  byId("order-detail").textContent = detail;
  byId("order-steps").replaceChildren(
    ...steps.map(([name, state]) => {
      const step = el("li", { className: state },
        name, el("span", { className: "visually-hidden", textContent: `: ${SPOKEN[state]}` }));
      if (state === "current") step.setAttribute("aria-current", "step");
      return step;
    }),
  );
  byId("order-facts").replaceChildren(
    ...facts.map(([name, value]) =>
      el("div", {}, el("dt", { textContent: name }), el("dd", { textContent: value }))),
  );
}
