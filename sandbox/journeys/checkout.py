"""Orders as the shop's page sends them: by HTTP, followed until they are final."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import requests

from sandbox.journeys import JourneyFailed, Visit, expect, journey
from sandbox.journeys.kubernetes_app import NEEDS as KUBERNETES
from sandbox.journeys.kubernetes_app import find
from sandbox.journeys.ledger import expect_money, take_failed
from sandbox.journeys.traces import wait

_NEEDS = ("storefront_url", "order_workflow_arn", "payments_table", "failed_orders_queue_url")
BODY: dict[str, Any] = {
    "customerId": "CUST-67890",
    "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
    "amount": 59.98,
    "currency": "USD",
}


@journey("An order is placed in the shop and followed until it is shipped", needs=_NEEDS)
def ships(visit: Visit) -> Iterator[str]:
    """A double click: two requests at once under one key are one order."""
    key, shop = uuid4().hex, visit.outputs["storefront_url"]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_place, visit, shop, key) for _ in range(2)]
        answers = [job.result() for job in jobs]
    expect(
        [answer.status_code for answer in answers] == [202, 202],
        f"POST /api/orders → {[(one.status_code, one.text[:200]) for one in answers]}",
    )
    first, second = (answer.json() for answer in answers)
    expect(first["orderId"] == second["orderId"], f"two orders: {first}, {second}")
    yield f"POST /api/orders, twice at once → 202 {first['orderId']} {first['status']}, one order"
    seen, final = _follow(visit, shop, first["statusUrl"])
    expect(final["status"] == "shipped", f"the order ended as {final}")
    yield f"GET {first['statusUrl']}: {' → '.join(seen)}, {final['trackingNumber']}"
    yield f"the customer reads: {final['message']}"
    yield expect_money(visit, first["orderId"], charged=5998)


@journey("A customer whose parcel cannot be sent reads why, and has the money back", needs=_NEEDS)
def tells_why(visit: Visit) -> Iterator[str]:
    """Charged, out of stock, refunded."""
    shop = visit.outputs["storefront_url"]
    answer = _place(visit, shop, uuid4().hex, shippingToken="ship_out_of_stock")
    expect(answer.status_code == 202, f"POST → {answer.status_code} {answer.text[:200]}")
    placed = answer.json()
    seen, final = _follow(visit, shop, placed["statusUrl"])
    expect(final["status"] == "failed", f"the order ended as {final}")
    take_failed(visit, placed["orderId"])
    yield f"GET {placed['statusUrl']}: {' → '.join(seen)}; {final['reason']}"
    yield f"the customer reads: {final['message']}"
    yield expect_money(visit, placed["orderId"], charged=5998, refunded=5998)


@journey(
    "An order placed in the shop on Kubernetes is shipped", needs=(*KUBERNETES, "payments_table")
)
def ships_from_kubernetes(visit: Visit) -> Iterator[str]:
    """The same app and table, with the rights that EKS Pod Identity gives to pods."""
    app, shop = find(visit), visit.outputs["eks_web_app_url"]
    answer = _place(visit, shop, uuid4().hex)
    expect(
        answer.status_code == 202,
        f"POST {shop}/api/orders → {answer.status_code} {answer.text[:200]}",
    )
    placed = answer.json()
    seen, final = _follow(visit, shop, placed["statusUrl"])
    expect(final["status"] == "shipped", f"the order ended as {final}")
    yield (
        f"POST {shop}/api/orders, to the pods of {app.namespace}/{app.name} → 202 "
        f"{placed['orderId']}: {' → '.join(seen)}, {final['trackingNumber']}"
    )
    yield expect_money(visit, placed["orderId"], charged=5998)


def _place(visit: Visit, shop: str, key: str, **fields: Any) -> requests.Response:
    def answered() -> requests.Response | None:
        answer = visit.post(
            f"{shop}/api/orders", json={**BODY, **fields}, headers={"Idempotency-Key": key}
        )
        return None if _busy(answer) else answer

    answer: requests.Response = wait(visit, answered, f"{shop} never took the order")
    return answer


def _busy(answer: requests.Response) -> bool:
    """Whether the shop asks to be asked again, which is safe: its way to AWS was too slow."""
    if answer.status_code != 503:
        return False
    try:
        return answer.json()["error"]["code"] in ("throttled", "unreachable")
    except (ValueError, KeyError, TypeError):
        return False


def _follow(visit: Visit, shop: str, url: str) -> tuple[list[str], dict[str, Any]]:
    """The statuses that a page sees on its way, and the last answer."""
    seen: list[str] = []

    def final() -> dict[str, Any] | None:
        answer = visit.get(f"{shop}{url}")
        if _busy(answer):
            seen.append(answer.json()["error"]["code"])
            return None
        expect(answer.status_code == 200, f"GET {url} → {answer.status_code} {answer.text[:200]}")
        state: dict[str, Any] = answer.json()
        if state["status"] not in seen:
            seen.append(state["status"])
        return state if state["final"] else None

    try:
        found: dict[str, Any] = wait(visit, final, f"{url} was never final")
    except JourneyFailed as failure:
        raise JourneyFailed(f"{failure}, only {' → '.join(seen)}") from None
    return seen, found
