"""Records of a small program, as a deploy leaves them."""

from typing import Any

from sandbox.deploy.state import Record

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def record(
    type: str,
    name: str,
    *above: str,
    uses: dict[str, list[Record]] | None = None,
    tag: str = "",
    **inputs: Any,
) -> Record:
    """A resource inside the components ``above``; ``uses``: properties made from others."""
    chain = "$".join([*(f"slipway:index:{one}" for one in above), type])
    if tag:
        inputs["tags"] = {"slipway:component": tag}
    return Record(
        urn=f"urn:pulumi:local::shop::{chain}::{name}",
        type=type,
        name=name,
        id=f"{name}-id",
        inputs=inputs,
        checked={},
        outputs={},
        property_dependencies={
            key: [one.urn for one in others] for key, others in (uses or {}).items()
        },
    )


def shop() -> list[Record]:
    """A web service that starts a workflow, a function behind a queue, and who watches them."""
    balancer = record(
        "aws:lb/loadBalancer:LoadBalancer", "web", "FargateWebService", internal=False
    )
    image = record("docker:index/image:Image", "web", "ContainerImage")
    workflow = record("aws:sfn/stateMachine:StateMachine", "orders", "OrderWorkflow")
    table = record("aws:dynamodb/table:Table", "orders-table", "OrderWorkflow")
    task = record(
        "aws:ecs/taskDefinition:TaskDefinition",
        "web",
        "FargateWebService",
        uses={"containerDefinitions": [image, table, workflow]},
    )
    service = record(
        "aws:ecs/service:Service",
        "web",
        "FargateWebService",
        uses={"taskDefinition": [task]},
        desiredCount=2.0,
    )
    queue = record(QUEUE, "jobs-queue", "Jobs", tag="Jobs/jobs")
    function = record(FUNCTION, "work", "MultiTriggerFunction")
    mapping = record(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "work-jobs",
        "MultiTriggerFunction",
        uses={"eventSourceArn": [queue], "functionName": [function]},
    )
    alarm = record(
        ALARM,
        "watch-orders-failed",
        "Observability",
        tag="Observability/watch",
        uses={"dimensions": [workflow]},
    )
    return [
        *(balancer, image, workflow, table, task, service, queue, function, mapping, alarm),
        record("aws:cloudwatch/dashboard:Dashboard", "watch-overview", "Observability"),
    ]
