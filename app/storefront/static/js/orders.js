// Placing an order and following it. Talks to /api/orders, knows nothing of the page.

import { load, save } from "./storage.js";

const REQUEST_TIMEOUT_MS = 20_000;
const FIRST_POLL_MS = 1_000;
const SLOWEST_POLL_MS = 8_000;
const SLOWER = 1.2; // an order that waits for a person need not be asked for every second

/** An answer that is not success: `status` is 0 when there was no answer at all. */
export class OrderError extends Error {
  constructor(status, { code = "", message, nextStep = "", fields = [], requestId = "" }) {
    super(message);
    Object.assign(this, { status, code, nextStep, fields, requestId });
  }
}

/** Place the order. Trying the same order again cannot place it twice. */
export async function place(order) {
  const body = JSON.stringify(order);
  try {
    const state = await call("/api/orders", {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json", "Idempotency-Key": keyOf(body) },
    });
    forgetKey(); // the next order is a new one, even with the same content
    return state;
  } catch (error) {
    if (error.code === "idempotency_key_reused") forgetKey();
    // The server's words are for programs, and speak of keys.
    if (SAFE_AGAIN.has(error.code)) error.nextStep = AGAIN;
    throw error;
  }
}

/** Ask for the order's state until it is final, more slowly while nothing changes. Calls `onState`
 * for each answer, `onTrouble` for each failed attempt; stops quietly when `signal` aborts. */
export async function follow(statusUrl, { onState, onTrouble, signal }) {
  let pause = FIRST_POLL_MS;
  let last = null;
  while (!signal.aborted) {
    try {
      const state = await call(statusUrl);
      if (signal.aborted) return;
      onState(state);
      if (state.final) return;
      const seen = JSON.stringify(state);
      pause = seen === last ? Math.min(pause * SLOWER, SLOWEST_POLL_MS) : FIRST_POLL_MS;
      last = seen;
    } catch (error) {
      if (signal.aborted) return;
      const hopeless = error.status >= 400 && error.status < 500;
      onTrouble(error, !hopeless);
      if (hopeless) return;
      pause = Math.min(pause * 2, SLOWEST_POLL_MS);
    }
    await sleep(pause);
  }
}

// Ends early when the connection comes back.
function sleep(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

const AGAIN = "Try again in a moment: the order will not be placed twice.";
const SAFE_AGAIN = new Set(["throttled", "unreachable", "ordering_failed"]);

let checkout = load("checkout", null);

// One key a checkout: it stays while the same order is tried again, also after a reload.
function keyOf(body) {
  if (checkout?.body !== body) {
    checkout = { body, key: randomKey() };
    save("checkout", checkout);
  }
  return checkout.key;
}

function forgetKey() {
  save("checkout", null);
  checkout = null;
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
      nextStep: AGAIN,
    },
  );
}
