"""Tells the good rows of a data set from those that cannot be counted, and says why.

A few bad rows are left out and named; a data set that is no data set, or has no good row,
ends the workflow.
"""

import json
from decimal import Decimal

MAX_BYTES = 256 * 1024
"""What Step Functions hands from state to state (its quotas), the rejected rows included."""
MAX_ROWS = 2_000
MAX_TEXT = 48
"""Bytes of a name. Totals by product may be as many as the rows, and must fit as well."""
MAX_QUANTITY = 1_000_000
MAX_PRICE = Decimal("999999.99")
SPLIT = "split it into several data sets, and start the workflow for each"

REQUIRED = ("product", "quantity", "price")
OPTIONAL = ("region",)


class InvalidDataset(ValueError):  # noqa: N818 - the workflow catches it by this name
    """There is nothing to work on, and will not be however often it is tried."""


def handler(event, context):
    """Return the data set with its good rows, and the rejected ones by number and reason."""
    name, rows = _dataset(event)
    good, rejected = [], []
    for number, row in enumerate(rows, 1):
        if reason := _reason(row):
            rejected.append({"row": number, "reason": reason})
        else:
            good.append(row)
    if not good:
        raise InvalidDataset(f"{name} has no good row of {len(rows)}: {_told(rejected)}")
    answer = {"dataset": {"name": name, "rows": good}, "rejected": rejected}
    if (size := _size(answer)) > MAX_BYTES:
        raise InvalidDataset(
            f"{name} with its {len(rejected)} rejected rows has {size:,} bytes, and may have "
            f"{MAX_BYTES:,} (256 KiB): mend the rows, or {SPLIT}. They are: {_told(rejected)}"
        )
    line = {"dataset": name, "rows": len(good), "rejected": len(rejected)}
    print(json.dumps({"level": "INFO", "message": "data set checked", **line}))
    return answer


def _dataset(event):
    """Name and rows of what should be a data set."""
    size = _size(event)
    if size > MAX_BYTES:
        raise InvalidDataset(
            f"the input has {size:,} bytes, and Step Functions hands {MAX_BYTES:,} (256 KiB) from "
            f"state to state: {SPLIT}"
        )
    dataset = event.get("dataset") if isinstance(event, dict) else None
    if not isinstance(dataset, dict):
        raise InvalidDataset('the input must be {"dataset": {"name": "...", "rows": [...]}}')
    name, rows = dataset.get("name"), dataset.get("rows")
    if not _named(name):
        raise InvalidDataset(f"dataset.name must be text of 1 to {MAX_TEXT} bytes")
    if not isinstance(rows, list):
        raise InvalidDataset(f"{name}: dataset.rows must be a list of 1 to {MAX_ROWS:,} rows")
    if not 1 <= len(rows) <= MAX_ROWS:
        raise InvalidDataset(
            f"{name}: dataset.rows has {len(rows):,} rows, and must have 1 to {MAX_ROWS:,}: {SPLIT}"
        )
    return name, rows


def _reason(row):
    """Why a row cannot be counted, or None. The values are not quoted: there may be many."""
    if not isinstance(row, dict):
        return f"no object with {', '.join(REQUIRED)}"
    for name in row:
        if name not in REQUIRED + OPTIONAL:
            # It may be a misspelt one.
            return f"a key other than {', '.join(REQUIRED + OPTIONAL)}"
    for name in REQUIRED:
        if row.get(name) is None:
            return f"no {name}"
    for name in ("product", "region"):
        if name in row and not _named(row[name]):
            return f"{name} is no text of 1 to {MAX_TEXT} bytes"
    # JSON's true is an int in Python.
    if type(row["quantity"]) is not int or not 1 <= row["quantity"] <= MAX_QUANTITY:
        return f"quantity is no whole number from 1 to {MAX_QUANTITY}"
    return _reason_of_price(row["price"])


def _reason_of_price(given):
    price = Decimal(str(given)) if type(given) in (int, float) else Decimal("NaN")
    if not price.is_finite() or not 0 <= price <= MAX_PRICE:
        return f"price is no number from 0 to {MAX_PRICE}"
    # A float's text ends in ".0" where it is whole, so the exponent tells.
    return "price has more than 2 decimals" if price.as_tuple().exponent < -2 else None


def _named(value):
    return isinstance(value, str) and value.strip() != "" and _bytes(value) <= MAX_TEXT


def _bytes(text):
    return len(text.encode(errors="surrogatepass"))


def _size(document):
    """Bytes of the document as Lambda writes it."""
    return _bytes(json.dumps(document, ensure_ascii=False))


def _told(rejected):
    told = "; ".join(f"row {item['row']}: {item['reason']}" for item in rejected[:5])
    return f"{told}; and {len(rejected) - 5} more" if len(rejected) > 5 else told
