"""Says whether an order can be taken, and if not, everything that is wrong with it at once.

Nothing is looked up or written: an order is right or wrong by itself. Money is compared as
``Decimal``, since the floating-point numbers of JSON do not add up.
"""

import json
import re
from decimal import Decimal

CURRENCIES = ("EUR", "GBP", "USD")
"""Those that have cents; others count in other units."""
MAX_BYTES = 64 * 1024
"""Of the order as JSON: a quarter of what Step Functions hands from state to state (256 KiB), so
that what the steps add always fits beside it."""
MAX_LINES = 50
MAX_QUANTITY = 99
MAX_ATTEMPT = 99
CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("999999.99")
"""Eight digits, which is what card networks take in one charge."""
MAX_PROBLEMS = 20
"""How many are told; the error must fit into 32 kB."""

ORDER = ("orderId", "customerId", "items", "amount", "currency")
TOKENS = {"paymentToken": "tok_ok", "shippingToken": "ship_ok"}
LINE = ("productId", "quantity", "price")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_CUSTOMER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")
_TOKEN = re.compile(r"[a-z0-9_]{1,64}")


class InvalidOrder(ValueError):  # noqa: N818 - the workflow catches it by this name
    """The order is wrong, and will be however often it is tried."""


def handler(event, context):
    """Return the document with ``validation``, or raise InvalidOrder with all problems."""
    if problems := list(_document(event)):
        told = "; ".join(problems[:MAX_PROBLEMS])
        more = len(problems) - MAX_PROBLEMS
        print(json.dumps({"level": "WARNING", "message": "order refused", "problems": told}))
        raise InvalidOrder(f"{told}; and {more} more" if more > 0 else told)
    order = event["order"]
    message = f"{order['orderId']} is valid: {order['amount']} {order['currency']}"
    print(json.dumps({"level": "INFO", "message": "order validated", "orderId": order["orderId"]}))
    return {**event, "validation": {"status": "valid", "message": message}}


def _document(event):
    """Every problem of the workflow's document, in words."""
    if not isinstance(event, dict):
        yield f'the document is {_shown(event)}, and must be an object: {{"order": {{...}}}}'
        return
    yield from _unknown(event, "", ("order", "attempt"))
    attempt = event.get("attempt", 0)
    if type(attempt) is not int or not 0 <= attempt <= MAX_ATTEMPT:
        yield f"attempt is {_shown(attempt)}, and must be a whole number from 0 to {MAX_ATTEMPT}"
    order = event.get("order")
    if not isinstance(order, dict):
        yield f"order is {_shown(order)}, and must be an object with {', '.join(ORDER)}"
        return
    size = len(json.dumps(order, ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        # What is in it is not worth looking at.
        yield (
            f"the order has {size:,} bytes, and may have {MAX_BYTES:,} (64 kB): Step Functions "
            "hands 256 KiB from state to state at most; split it into several orders"
        )
        return
    yield from _order(order)


def _order(order):
    yield from _unknown(order, "", (*ORDER, *TOKENS))
    for name, pattern, allowed in (
        ("orderId", _ID, "- or _"),
        ("customerId", _CUSTOMER, ". _ @ + or -"),
    ):
        yield from _identifier(order, name, pattern, allowed)
    for name, example in TOKENS.items():
        token = order.get(name, example)
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            # Not shown: a token may be worth something.
            yield f"{name} must be 1 to 64 lower-case letters, digits or _, such as {example}"
    currency = order.get("currency")
    if currency not in CURRENCIES:
        yield f"currency is {_shown(currency)}, and must be one of {', '.join(CURRENCIES)}"
    total = yield from _lines(order.get("items"))
    amount = yield from _money(order, "amount")
    # With a wrong line or amount, the sum would be a misleading complaint.
    if None not in (total, amount) and total != amount:
        yield f"amount is {amount}, but the items add up to {total}"


def _lines(items):
    """Yield the problems of all lines; return their sum, or None."""
    if not isinstance(items, list):
        yield f"items is {_shown(items)}, and must be a list of 1 to {MAX_LINES} objects"
        return None
    if not 1 <= len(items) <= MAX_LINES:
        yield f"items has {len(items):,} entries, and must have 1 to {MAX_LINES}"
        return None
    total, right, seen = Decimal(0), True, set()
    for index, item in enumerate(items):
        where = f"items[{index}]"
        if not isinstance(item, dict):
            yield f"{where} is {_shown(item)}, and must be an object with {', '.join(LINE)}"
            right = False
            continue
        yield from _unknown(item, f"{where}.", LINE)
        yield from _identifier(item, "productId", _ID, "- or _", f"{where}.")
        product = item.get("productId")
        if isinstance(product, str):
            if product in seen:
                yield (
                    f"{where}.productId {_shown(product)} is in the list already: give the whole "
                    "quantity once"
                )
            seen.add(product)
        quantity = item.get("quantity")
        # JSON's true is an int in Python.
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            yield (
                f"{where}.quantity is {_shown(quantity)}, and must be a whole number from 1 to "
                f"{MAX_QUANTITY}"
            )
            quantity = None
        price = yield from _money(item, "price", f"{where}.")
        if None in (quantity, price):
            right = False
        else:
            total += quantity * price
    return total if right else None


def _money(fields, name, where=""):
    """Yield what is wrong with an amount of money; return it, or None."""
    given = fields.get(name)
    if type(given) not in (int, float):
        yield f"{where}{name} is {_shown(given)}, and must be a number"
        return None
    money = Decimal(str(given))
    if not money.is_finite() or not CENT <= money <= MAX_AMOUNT:
        yield f"{where}{name} is {_shown(given)}, and must be from {CENT} to {MAX_AMOUNT:,}"
        return None
    if money.as_tuple().exponent < -2:
        yield (
            f"{where}{name} is {given}, which has more than 2 decimals: round to the cent before "
            "sending, since sums of floating-point numbers are not exact"
        )
        return None
    return money


def _identifier(fields, name, pattern, marks, where=""):
    given = fields.get(name)
    if not isinstance(given, str) or not pattern.fullmatch(given):
        yield (
            f"{where}{name} is {_shown(given)}, and must be 1 to 80 letters of a-z and A-Z, "
            f"digits, {marks}, beginning with a letter or digit"
        )


def _unknown(fields, where, known):
    for name in fields:
        if name not in known:
            yield f"{where}{_shown(name)} is not known here, only {', '.join(known)}"


def _shown(value):
    """A value as an error may quote it: short, and in letters that every log can show."""
    if value is None:
        return "missing"
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
