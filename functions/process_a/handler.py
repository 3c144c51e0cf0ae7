"""Totals by product, exact: what was sold most comes first."""

import json
from collections import defaultdict
from decimal import Decimal


def handler(event, context):
    """Return quantity and revenue of each product, and of all; rows themselves stay behind."""
    dataset = event["dataset"]
    found = totals(dataset["rows"])
    revenue = sum((Decimal(item["revenue"]) for item in found), Decimal("0.00"))
    line = {"dataset": dataset["name"], "products": len(found)}
    print(json.dumps({"level": "INFO", "message": "totals computed", **line}))
    return {
        "dataset": dataset["name"],
        "rows": len(dataset["rows"]),
        "rejected": event["rejected"],
        "totals": found,
        "revenue": str(revenue),
    }


def totals(rows):
    """One entry a product, by falling revenue and then by name.

    Revenues are decimal strings: a floating-point number would not keep the cents of many rows.
    """
    quantities, revenues = defaultdict(int), defaultdict(lambda: Decimal("0.00"))
    for row in rows:
        quantities[row["product"]] += row["quantity"]
        revenues[row["product"]] += row["quantity"] * Decimal(str(row["price"]))
    ordered = sorted(quantities, key=lambda product: (-revenues[product], product))
    return [
        {
            "product": product,
            "quantity": quantities[product],
            "revenue": f"{revenues[product]:.2f}",
        }
        for product in ordered
    ]
