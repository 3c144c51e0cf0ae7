"""Rows whose revenue stands out, by a measure that the outliers themselves do not bend.

The modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993;
also in NIST's e-Handbook of Statistical Methods, 1.3.5.17)::

    score = 0.6745 * (x - median) / MAD,     MAD = median of |x - median|

A row is an outlier above 3.5, up or down, as they recommend. Where more than half of the rows
are equal, MAD is 0 and says nothing; as they do, the mean of |x - median| takes its place::

    score = (x - median) / (1.253314 * mean)
"""

import json
from decimal import Decimal

THRESHOLD = 3.5
MAX_SHOWN = 100
"""Of the outliers, so that the result stays small; ``found`` says how many there are."""


def handler(event, context):
    """Return the outliers with the numbers that made them."""
    dataset = event["dataset"]
    rejected = {item["row"] for item in event["rejected"]}
    found = outliers(dataset["rows"], rejected)
    line = {"dataset": dataset["name"], "outliers": found["found"]}
    print(json.dumps({"level": "INFO", "message": "outliers looked for", **line}))
    return {"dataset": dataset["name"], "rows": len(dataset["rows"]), "outliers": found}


def outliers(rows, rejected=()):
    """What stands out, the farthest first.

    Args:
        rows: the good rows.
        rejected: numbers of the rows that were left out, so that each has the number that it has
            in the file of whoever sent it.
    """
    values = [row["quantity"] * Decimal(str(row["price"])) for row in rows]
    middle = _median(values)
    distances = [abs(value - middle) for value in values]
    mad = _median(distances)
    mean = sum(distances) / len(distances)
    unit = mad / Decimal("0.6745") if mad else Decimal("1.253314") * mean
    found = []
    for number, row, value in zip(_numbers(rejected), rows, values):  # noqa: B905 - endless
        score = (value - middle) / unit if unit else 0
        if abs(score) > THRESHOLD:
            found.append((-abs(score), number, row, value, score))
    # A row's number differs from every other, so no two rows are ever compared.
    found.sort()
    return {
        "median": _text(middle),
        "mad": _text(mad),
        "threshold": THRESHOLD,
        "found": len(found),
        "rows": [
            {"row": number, **row, "revenue": f"{value:.2f}", "score": round(float(score), 2)}
            for _, number, row, value, score in found[:MAX_SHOWN]
        ],
    }


def _numbers(rejected):
    """1, 2, 3, ... without those that were left out."""
    number = 0
    while True:
        number += 1
        if number not in rejected:
            yield number


def _median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def _text(value):
    """Half a cent is possible in a median, so up to three decimals and at least two."""
    text = f"{value:.3f}"
    return text[:-1] if text.endswith("0") else text
