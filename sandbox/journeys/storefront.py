"""The storefront behind its load balancer: page, JSON, health, products, orders."""

from collections.abc import Iterator
from typing import Any

import requests

from sandbox.journeys import JourneyFailed, Visit, expect, journey


@journey("The storefront greets a program in JSON", needs=("storefront_url",))
def greets_in_json(visit: Visit) -> Iterator[str]:
    """`curl $(storefront_url)/`."""
    answer = visit.get(f"{visit.outputs['storefront_url']}/")
    body = _json(answer, status=200)
    expect(body.get("message") == "Hello from ECS Fargate!", f"the greeting is {body!r}")
    expect(
        {"hostname", "timestamp", "version"} <= body.keys(), f"the greeting lacks a field: {body!r}"
    )
    yield f"GET / → 200 {answer.text.strip()}"


@journey("A browser gets the shop's page at the same address", needs=("storefront_url",))
def shows_the_page(visit: Visit) -> Iterator[str]:
    """The page and each file that it links to."""
    base = visit.outputs["storefront_url"]
    answer = visit.get(f"{base}/", headers={"Accept": "text/html"})
    kind = answer.headers.get("Content-Type", "")
    expect(
        answer.status_code == 200 and kind.startswith("text/html"),
        f"GET / as a browser → {answer.status_code} {kind}: {answer.text[:200]}",
    )
    policy = answer.headers.get("Content-Security-Policy", "")
    expect("default-src" in policy, "the page carries no Content-Security-Policy")
    yield f"GET / as a browser → 200 {kind}, {len(answer.content)} bytes, with a security policy"


@journey("Health and readiness answer", needs=("storefront_url",))
def is_healthy_and_ready(visit: Visit) -> Iterator[str]:
    """What the load balancer and the rollout rely on."""
    for path in ("/health", "/ready"):
        answer = visit.get(f"{visit.outputs['storefront_url']}{path}")
        _json(answer, status=200)
        yield f"GET {path} → 200 {answer.text.strip()}"


@journey("The catalogue lists what is for sale", needs=("storefront_url",))
def lists_products(visit: Visit) -> Iterator[str]:
    """`GET /api/products`."""
    answer = visit.get(f"{visit.outputs['storefront_url']}/api/products")
    products = _json(answer, status=200).get("products", [])
    expect(bool(products), f"GET /api/products lists nothing: {answer.text[:200]}")
    first = products[0]
    yield f"GET /api/products → 200, {len(products)} products, first {first['id']} {first['name']}"


@journey(
    "An order without a workflow is refused, not lost",
    needs=("storefront_url",),
    unless="order_workflow_arn",
)
def refuses_orders_without_a_workflow(visit: Visit) -> Iterator[str]:
    """While no workflow is deployed, the answer says so and asks to come back."""
    order = {
        "customerId": "CUST-67890",
        "items": [{"productId": "PROD-001", "quantity": 2, "price": 29.99}],
        "amount": 59.98,
        "currency": "USD",
    }
    answer = visit.post(f"{visit.outputs['storefront_url']}/api/orders", json=order)
    body = _json(answer, status=503)
    yield f"POST /api/orders → 503 {body}"


@journey(
    "Two tasks serve, healthy, from one image digest",
    needs=("storefront_cluster", "storefront_service", "image_uri"),
)
def runs_as_described(visit: Visit) -> Iterator[str]:
    """What `aws ecs` and `aws elbv2` show of the service."""
    cluster, name = visit.outputs["storefront_cluster"], visit.outputs["storefront_service"]
    ecs, elbv2 = visit.client("ecs"), visit.client("elbv2")
    service = ecs.describe_services(cluster=cluster, services=[name])["services"][0]
    desired, running = service["desiredCount"], service["runningCount"]
    expect(running == desired, f"{running} of {desired} tasks run")
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
    task = definition["taskDefinition"]
    image = task["containerDefinitions"][0]["image"]
    expect(image == visit.outputs["image_uri"], f"the tasks run {image}")
    yield (
        f"{name}: {running} of {desired} tasks run, {task['cpu']} CPU units and "
        f"{task['memory']} MiB each, {task['networkMode']}"
    )
    group = service["loadBalancers"][0]["targetGroupArn"]
    health = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    states = [item["TargetHealth"]["State"] for item in health]
    healthy = states.count("healthy")
    expect(healthy == desired, f"targets are {states}")
    yield f"load balancer: {healthy} healthy targets; image {image.rpartition('/')[2]}"


def _json(answer: requests.Response, *, status: int) -> dict[str, Any]:
    if answer.status_code != status:
        raise JourneyFailed(
            f"{answer.request.method} {answer.request.path_url} → {answer.status_code}, "
            f"not {status}: {answer.text[:300]}"
        )
    try:
        body = answer.json()
    except ValueError:
        raise JourneyFailed(f"{answer.request.path_url} is not JSON: {answer.text[:300]}") from None
    if not isinstance(body, dict):
        raise JourneyFailed(f"{answer.request.path_url} is not a JSON object: {answer.text[:300]}")
    return body
