"""`python -m sandbox graph` draws what is really deployed, with data of the embedded cloud."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import boto3
import pytest

from tests.sandbox.conftest import Sandbox, environment_of

pytestmark = pytest.mark.sandbox

PROJECT = "name: shelf\nruntime: python\n"
PROGRAM = """
import json
import pulumi
import pulumi_aws as aws

queue = aws.sqs.Queue("jobs")
alarm = aws.cloudwatch.MetricAlarm(
    "waiting", namespace="AWS/SQS", metric_name="ApproximateNumberOfMessagesVisible",
    dimensions={"QueueName": queue.name}, statistic="Maximum", period=60, evaluation_periods=1,
    comparison_operator="GreaterThanThreshold", threshold=0, treat_missing_data="notBreaching",
)
row = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue.name,
       {"stat": "Maximum", "label": "waiting"}]
place = {"x": 0, "width": 12, "height": 6}
aws.cloudwatch.Dashboard(
    "shelf", dashboard_name="shelf",
    dashboard_body=pulumi.Output.json_dumps({"widgets": [
        {"type": "alarm", "y": 0, **place,
         "properties": {"title": "Alarms", "alarms": [alarm.arn]}},
        {"type": "metric", "y": 6, **place, "properties": {
            "title": "Messages", "metrics": [row], "region": "us-east-1", "period": 60,
            "view": "timeSeries"}},
    ]}),
)
pulumi.export("queue", queue.url)
"""
PATIENCE_SECONDS = 120


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path / "state", environment_of("process"))
    yield made
    made.run("down")


def test_the_program_and_its_dashboards_are_drawn_as_they_are(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "__main__.py").write_text(PROGRAM)
    up = sandbox.run("up", "--no-verify", "--program", str(project))
    assert up.code == 0, up.text
    pictures = sandbox.state / "pictures"
    for name in ("program.html", "dashboards.html"):
        assert (pictures / name).resolve().as_uri() in up.out

    svg = ElementTree.parse(pictures / "program.svg").getroot()
    assert "1 queue" in "".join(svg.itertext())

    outputs = sandbox.run("outputs", "queue").out.strip()
    environment = (sandbox.state / "env").read_text()
    endpoint = re.findall(r"AWS_ENDPOINT_URL=(\S+)", environment)[0]
    sqs = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for _ in range(3):
        sqs.send_message(QueueUrl=outputs, MessageBody="work")

    until = time.monotonic() + PATIENCE_SECONDS
    page = ""
    while time.monotonic() < until and not re.search(r'<li class="ALARM".*waiting.*<b>3</b>', page):
        drawn = sandbox.run("graph", "--json")
        assert drawn.code == 0, drawn.text
        assert str(pictures / "dashboards.html") in drawn.document["pictures"]
        page = (pictures / "dashboards.html").read_text().replace("\n", " ")
    assert re.search(r'<li class="ALARM".*waiting.*<b>3</b>', page), page


def test_there_is_nothing_to_draw_before_a_deployment(tmp_path: Path) -> None:
    done = Sandbox(tmp_path / "state", environment_of("process")).run("graph")
    assert (done.code, "No sandbox runs here" in done.text) == (2, True)
