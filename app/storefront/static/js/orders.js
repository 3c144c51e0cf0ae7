// Placing an order and following it. Talks to /api/orders, knows nothing of the page.

import { load, save } from "./storage.js";

const REQUEST_TIMEOUT_MS = 20_000;
const FIRST_POLL_MS = 1_000;
const SLOWEST_POLL_MS = 8_000;

/** An answer that is not success: `status` is 0 when there was no answer at all. */
export class OrderError extends Error {
  constructor(status, { message, nextStep = "", fields = [], requestId = "" }) {
    super(message);
    Object.assign(this, { status, nextStep, fields, requestId });
  }
}

/** Place the order. Trying the same order again cannot place it twice. */
export async function place(order) {
  const body = JSON.stringify(order);
  const state = await call("/api/orders", {
    method: "POST",
    body,
    headers: { "Content-Type": "application/json", "Idempotency-Key": keyOf(body) },
  });
  save("checkout", null); // the next order is a new one, even with the same content
  checkout = null;
  return state;
}

/** Ask for the order's state until it is final. Calls `onState` for each answer, `onTrouble` for
 * each failed attempt; stops quietly when `signal` aborts. */
export async function follow(statusUrl, { onState, onTrouble, signal }) {
  let pause = FIRST_POLL_MS;
  while (!signal.aborted) {
    try {
      const state = await call(statusUrl);
      if (signal.aborted) return;
      onState(state);
      if (state.final) return;
      pause = FIRST_POLL_MS;
    } catch (error) {
      if (signal.aborted) return;
      const hopeless = error.status >= 400 && error.status < 500;
      onTrouble(error, !hopeless);
      if (hopeless) return;
      pause = Math.min(pause * 2, SLOWEST_POLL_MS);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

let checkout = load("checkout", null);

// One key a checkout: it stays while the same order is tried again, also after a reload.
function keyOf(body) {
  if (checkout?.body !== body) {
    checkout = { body, key: randomKey() };
    save("checkout", checkout);
  }
  return checkout.key;
}

// Not crypto.randomUUID: browsers offer it on https only, and a load balancer may speak http.
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function call(url, options = {}) {
  let response;
  try {
    response = await fetch(url, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch {
    throw new OrderError(0, {
      message: "The shop did not answer.",
      nextStep: "Check your connection and try again: the order will not be placed twice.",
    });
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new OrderError(
    response.status,
    answer.error ?? {
      message: `The shop answered ${response.status}.`,
      nextStep: "Try again in a moment: the order will not be placed twice.",
    },
  );
}
