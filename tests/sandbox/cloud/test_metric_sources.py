"""Metrics of queues, tables, topics, load balancers and tasks: what our alarms look at is there."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.cloud.metrics.sources import rounded
from sandbox.cloud.metrics.sources.usage import DockerUsage
from sandbox.cloud.patches.metric_balancers import dimension

from .functions import eventually, make_queue
from .metrics import points, total
from .world import World, get, until


def test_values_keep_two_digits() -> None:
    assert [rounded(value) for value in (0, 0.12345, 1234.5, 9.99)] == [0, 0.12, 1200, 10]


def test_a_docker_engine_s_containers_are_read_off_its_statistics() -> None:
    worked = [2_000_000_000, 2_000_000_000]

    def stats(id: str, *, stream: bool, one_shot: bool) -> Any:
        if id == "gone":
            raise OSError("no such container")
        return {
            "cpu_stats": {"cpu_usage": {"total_usage": worked.pop(0)}},
            "memory_stats": {"usage": 300, "stats": {"inactive_file": 100}},
        }

    engine = SimpleNamespace(api=SimpleNamespace(stats=stats))
    usage = DockerUsage()
    first = usage.of(engine, ["one", "gone"])
    assert list(first) == ["one"]
    assert first["one"][0] == pytest.approx(2 / 5, rel=0.05)
    assert usage.of(engine, ["one"])["one"] == (0.0, 200.0)


@pytest.mark.sandbox
def test_a_queue_tells_its_length_and_its_oldest_message(world: World) -> None:
    url, _ = make_queue(world, "measured", VisibilityTimeout="600")
    sqs = world.client("sqs")
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    taken = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=600)

    def most(metric: str) -> float:
        return total(world, "AWS/SQS", metric, "Maximum", QueueName="measured")

    eventually(lambda: most("ApproximateNumberOfMessagesVisible") == 2, 60)
    assert most("ApproximateNumberOfMessagesNotVisible") == 1
    assert most("ApproximateNumberOfMessagesDelayed") == 1
    eventually(lambda: most("ApproximateAgeOfOldestMessage") >= 3, 60)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])

    def passed(metric: str) -> float:
        return total(world, "AWS/SQS", metric, QueueName="measured")

    eventually(lambda: passed("NumberOfMessagesDeleted") == 1, 60)
    assert (passed("NumberOfMessagesSent"), passed("NumberOfMessagesReceived")) == (4, 1)
    sqs.purge_queue(QueueUrl=url)
    eventually(
        lambda: (
            total(
                world, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Minimum",
                QueueName="measured",
            )
            == 0
        ),
        60,
    )  # fmt: skip


@pytest.mark.sandbox
def test_in_a_dead_letter_queue_age_begins_anew(world: World) -> None:
    dead, arn = make_queue(world, "measured-dead")
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "1"}}'
    url, _ = make_queue(world, "measured-dying", VisibilityTimeout="0", RedrivePolicy=policy)
    sqs = world.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    eventually(lambda: not sqs.receive_message(QueueUrl=url).get("Messages"), 60)

    def dead_most(metric: str) -> list[float]:
        return points(world, "AWS/SQS", metric, "Maximum", QueueName="measured-dead")

    eventually(lambda: dead_most("ApproximateNumberOfMessagesVisible") == [1], 60)
    assert dead_most("ApproximateAgeOfOldestMessage")[0] >= 0
    sqs.purge_queue(QueueUrl=dead)


@pytest.mark.sandbox
def test_a_table_tells_what_it_served(world: World) -> None:
    tables = world.client("dynamodb")
    tables.create_table(
        TableName="measured",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "a"}, "text": {"S": "x" * 1500}}
    tables.put_item(TableName="measured", Item=item)
    tables.get_item(TableName="measured", Key={"id": {"S": "a"}}, ConsistentRead=True)
    with pytest.raises(tables.exceptions.ConditionalCheckFailedException):
        tables.put_item(
            TableName="measured", Item=item, ConditionExpression="attribute_not_exists(id)"
        )

    def counted(metric: str, statistic: str = "Sum", **more: str) -> float:
        return total(world, "AWS/DynamoDB", metric, statistic, TableName="measured", **more)

    eventually(lambda: counted("ConsumedWriteCapacityUnits") == 2, 60)
    assert counted("ConsumedReadCapacityUnits") == 1
    assert counted("ConditionalCheckFailedRequests") == 1
    assert counted("SuccessfulRequestLatency", "SampleCount", Operation="PutItem") == 1


@pytest.mark.sandbox
def test_a_topic_tells_whom_it_reached(world: World) -> None:
    sns = world.client("sns")
    topic = sns.create_topic(Name="measured")["TopicArn"]
    allowed, reached = make_queue(world, "measured-reached")
    statement = (
        '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, '
        f'"Action": "sqs:SendMessage", "Resource": "{reached}"}}]}}'
    )
    world.client("sqs").set_queue_attributes(QueueUrl=allowed, Attributes={"Policy": statement})
    _, missed = make_queue(world, "measured-missed")
    for queue in (reached, missed):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    sns.publish(TopicArn=topic, Message="hello")

    def counted(metric: str) -> float:
        return total(world, "AWS/SNS", metric, TopicName="measured")

    eventually(lambda: counted("NumberOfNotificationsDelivered") == 1, 60)
    assert counted("NumberOfNotificationsFailed") == 1
    assert counted("NumberOfMessagesPublished") == 1
    sent = total(world, "AWS/SQS", "NumberOfMessagesSent", QueueName="measured-reached")
    assert sent == 1


@pytest.mark.sandbox
def test_a_service_behind_a_load_balancer_is_measured(world: World) -> None:
    name = "measured"
    address, _, group = world.load_balancer(name)
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
    lb, tg = dimension(balancer), dimension(group)
    assert get(address)[0] == 503
    world.service(name, world.definition(name), group)
    world.client("ecs").update_cluster_settings(
        cluster=name, settings=[{"name": "containerInsights", "value": "enabled"}]
    )
    world.rollout(name)
    until(lambda: world.states(group) == ["healthy", "healthy"], 60)
    slow = threading.Thread(target=get, args=(address, "/slow?seconds=1"))
    slow.start()
    for _ in range(19):
        assert get(address)[0] == 200
    slow.join()

    def counted(metric: str, statistic: str = "Sum", **dimensions: str) -> float:
        return total(world, "AWS/ApplicationELB", metric, statistic, **dimensions)

    both = {"LoadBalancer": lb, "TargetGroup": tg}
    eventually(lambda: counted("RequestCount", **both) == 20, 60)
    assert counted("RequestCount", LoadBalancer=lb) == 20
    assert counted("HTTPCode_Target_2XX_Count", **both) == 20
    assert counted("HTTPCode_ELB_5XX_Count", LoadBalancer=lb) == 1
    assert counted("HTTPCode_ELB_503_Count", LoadBalancer=lb) == 1
    assert counted("TargetResponseTime", "Maximum", **both) >= 1
    assert counted("TargetResponseTime", "p50", **both) < 0.5
    eventually(lambda: counted("HealthyHostCount", "Maximum", **both) == 2, 60)
    assert counted("UnHealthyHostCount", "Minimum", **both) == 0

    named = {"ClusterName": name, "ServiceName": name}
    eventually(lambda: total(world, "AWS/ECS", "CPUUtilization", "SampleCount", **named) >= 2, 60)
    assert 0 < total(world, "AWS/ECS", "MemoryUtilization", "Average", **named) <= 100
    insights = "ECS/ContainerInsights"
    eventually(lambda: total(world, insights, "RunningTaskCount", "Maximum", **named) == 2, 60)
    assert total(world, insights, "DesiredTaskCount", "Maximum", **named) == 2
    assert total(world, insights, "ServiceCount", "Maximum", ClusterName=name) == 1
    world.remove(name)
