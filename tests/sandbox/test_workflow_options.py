"""Options of StateMachine in the embedded cloud: a program with many of them, really deployed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from sandbox.journeys.executions import finished
from sandbox.journeys.identities import user
from tests.sandbox.conftest import Sandbox
from tests.sandbox.workflow_cloud import Workflows, eventually
from tests.sandbox.workflow_program import PROJECT

pytestmark = pytest.mark.sandbox

START = "states:StartExecution"


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    made = Workflows(tmp_path_factory.mktemp("workflow-options"))
    try:
        made.deploy("first", {})
        yield made
    finally:
        made.down()


@pytest.fixture
def mark() -> str:
    """Text by which one test's executions are found again."""
    return f"mark-{uuid4().hex[:10]}"


# What starts executions


def test_a_schedule_starts_the_alias_with_its_input(workflows: Workflows, mark: str) -> None:
    schedule = workflows.schedule()
    assert json.loads(schedule["Target"]["Input"]) == {"nightly": "run"}
    assert schedule["Target"]["Arn"] == workflows.outputs["echo"]["alias_arn"]
    workflows.fire(schedule, mark)
    eventually(lambda: workflows.started("echo", mark), "the copy of the schedule started nothing")
    assert workflows.started("echo", mark) == [{"nightly": "run", "mark": mark}]


def test_a_schedule_that_may_not_start_is_kept(workflows: Workflows, mark: str) -> None:
    schedule = workflows.schedule()
    with workflows.without(schedule["Target"]["RoleArn"], START):
        workflows.fire(schedule, mark)
        kept = workflows.kept(workflows.outputs["echo"]["failure_queue_url"], mark)
    assert json.loads(kept["Body"])["nightly"] == "run"
    assert workflows.started("echo", mark) == []


def test_an_event_that_matches_starts_an_execution_with_its_detail(
    workflows: Workflows, mark: str
) -> None:
    workflows.publish(mark, "shop", total=10)
    workflows.publish(mark, "elsewhere", total=30)
    workflows.publish(mark, "shop", total=20)
    eventually(lambda: workflows.started("echo", mark), "the event started nothing")
    time.sleep(1)
    assert workflows.started("echo", mark) == [{"mark": mark, "total": 20}]


def test_an_event_can_be_given_another_shape(workflows: Workflows, mark: str) -> None:
    workflows.publish(mark, "warehouse", total=1)
    eventually(lambda: workflows.started("open", mark), "the event started nothing")
    assert workflows.started("open", mark) == [{"mark": mark}]


def test_an_event_that_may_not_start_is_kept(workflows: Workflows, mark: str) -> None:
    events = workflows.client("events")
    alias = workflows.outputs["echo"]["alias_arn"]
    rule = events.list_rule_names_by_target(TargetArn=alias)["RuleNames"][0]
    target = events.list_targets_by_rule(Rule=rule)["Targets"][0]
    with workflows.without(target["RoleArn"], START):
        workflows.publish(mark, "shop", total=20)
        workflows.kept(workflows.outputs["echo"]["failure_queue_url"], mark)
    assert workflows.started("echo", mark) == []


def test_the_api_wants_the_signature_of_a_caller_who_may(workflows: Workflows, mark: str) -> None:
    visit, url = workflows.visit, workflows.outputs["echo"]["api_url"]
    document = {"mark": mark, "text": 'it\'s "said"\né'}
    assert visit.post(url, json=document).status_code == 403
    with user(visit) as stranger:
        refused = stranger.signed(visit, "POST", url, "execute-api", json.dumps(document))
        assert refused.status_code == 403
    assert workflows.started("echo", mark) == []
    with user(visit, workflows.outputs["echo_callers"]) as caller:
        answer = caller.signed(visit, "POST", url, "execute-api", json.dumps(document))
        assert answer.status_code == 202, answer.text
        assert caller.signed(visit, "POST", url, "execute-api", "{}").status_code == 400
    ended = finished(visit, answer.json()["executionArn"])
    assert (ended.status, ended.output) == ("SUCCEEDED", document)
    assert workflows.started("echo", mark) == [document]


def test_an_open_api_takes_any_object_and_nothing_else(workflows: Workflows, mark: str) -> None:
    visit, url = workflows.visit, workflows.outputs["open"]["api_url"]
    answer = visit.post(url, json={"mark": mark})
    assert answer.status_code == 202, answer.text
    assert list(answer.json()) == ["executionArn"]
    assert workflows.started("open", mark) == [{"mark": mark}]
    for body in (f'["{mark}"]', f'"{mark}"', f'{{"mark": "{mark}"'):
        refused = visit.post(url, data=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 400, (body, refused.text)
    plain = visit.post(url, data=mark, headers={"Content-Type": "text/plain"})
    assert plain.status_code == 415
    assert visit.get(url).status_code == 403
    assert len(workflows.started("open", mark)) == 1


def test_an_api_that_may_not_start_says_that_it_failed(workflows: Workflows, mark: str) -> None:
    url = workflows.outputs["open"]["api_url"]
    with workflows.without(workflows.role("open-api"), START):
        answer = workflows.visit.post(url, json={"mark": mark})
    assert answer.status_code == 500
    assert answer.json() == {"message": "The execution could not be started"}
    assert workflows.started("open", mark) == []


def test_each_message_starts_one_execution(workflows: Workflows, mark: str) -> None:
    queue = workflows.outputs["echo"]["queue_urls"]["jobs"]
    workflows.send(queue, *({"mark": mark, "number": number} for number in range(25)))
    eventually(
        lambda: len(workflows.started("echo", mark)) >= 25,
        "25 messages did not start 25 executions",
    )
    found = workflows.started("echo", mark)
    assert sorted(item["number"] for [item] in found) == list(range(25))


def test_a_message_that_cannot_start_one_ends_with_the_dead_letters(
    workflows: Workflows, mark: str
) -> None:
    sqs, outputs = workflows.client("sqs"), workflows.outputs["echo"]
    queue, dead = (outputs[name]["jobs"] for name in ("queue_urls", "dead_letter_queue_urls"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    with workflows.without(workflows.role("echo-pipe-jobs"), START):
        workflows.send(queue, {"mark": mark})
        kept = workflows.kept(dead, mark)
    assert json.loads(kept["Body"]) == {"mark": mark}
    assert workflows.started("echo", mark) == []


def test_only_messages_that_match_start_executions(workflows: Workflows, mark: str) -> None:
    sqs, queue = workflows.client("sqs"), workflows.outputs["open"]["queue_urls"]["picked"]
    kinds = ("refund", "order", "order")
    bodies = [{"kind": kind, "number": at, "mark": mark} for at, kind in enumerate(kinds)]
    workflows.send(queue, *bodies, MessageGroupId="one")
    eventually(lambda: len(workflows.started("open", mark)) >= 2, "the messages started nothing")
    found = sorted(
        (item for [item] in workflows.started("open", mark)),
        key=lambda item: int(item["attributes"]["SequenceNumber"]),
    )
    assert [json.loads(item["body"])["number"] for item in found] == [1, 2]
    assert {item["attributes"]["MessageGroupId"] for item in found} == {"one"}
    attributes = sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"


def test_policies_let_their_holder_start_and_read_and_nothing_more(
    workflows: Workflows, mark: str
) -> None:
    outputs, visit = workflows.outputs, workflows.visit
    alias = outputs["echo"]["alias_arn"]
    granted = [*outputs["echo_starters"], *outputs["echo_readers"], *outputs["echo_senders"]]
    with user(visit, granted) as holder:
        states = holder.client("stepfunctions")
        text = json.dumps({"mark": mark})
        arn = states.start_execution(stateMachineArn=alias, input=text)["executionArn"]
        eventually(
            lambda: states.describe_execution(executionArn=arn)["status"] == "SUCCEEDED",
            "it did not end",
        )
        assert states.get_execution_history(executionArn=arn)["events"]
        url = outputs["echo"]["queue_urls"]["jobs"]
        holder.client("sqs").send_message(QueueUrl=url, MessageBody=text)
        for call, arguments in (
            ("stop_execution", {"executionArn": arn}),
            ("start_execution", {"stateMachineArn": outputs["open"]["alias_arn"]}),
            ("send_task_success", {"taskToken": "x", "output": "{}"}),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                getattr(states, call)(**arguments)


# Express


def test_an_express_machine_answers_with_its_output(workflows: Workflows) -> None:
    visit, url = workflows.visit, workflows.outputs["quick"]["api_url"]
    given = {"number": 21, "text": 'it\'s "said"\né'}
    answer = visit.post(url, json=given)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"doubled": 42, "text": given["text"]}
    failed = visit.post(url, json={"fail": True})
    assert failed.status_code == 500
    assert failed.json().keys() == {"executionArn", "error"}
    assert failed.json()["error"] == "OutOfStock"
    arn = failed.json()["executionArn"]
    with pytest.raises(ClientError, match="InvalidArn"):
        workflows.client("stepfunctions").describe_execution(executionArn=arn)
    late = visit.post(url, json={"seconds": 5})
    assert (late.status_code, late.json()["error"]) == (504, "States.Timeout")
    lines = workflows.logged_to("ExecutionFailed", "quick", arn)
    assert lines[0]["type"] == "ExecutionStarted"
    assert not any("input" in line["details"] for line in lines)


def test_more_than_its_throttle_lets_through_is_refused(workflows: Workflows) -> None:
    url = workflows.outputs["quick"]["api_url"]
    statuses = [
        workflows.visit.post(url, json={"number": 1, "text": "x"}).status_code for _ in range(30)
    ]
    assert {200, 429} == set(statuses)


# Undo


def test_what_was_done_is_undone_in_reverse(workflows: Workflows, mark: str) -> None:
    ended = workflows.run("careful", {"mark": mark, "fail": ["ship"]})
    assert (ended.status, ended.error) == ("FAILED", "CannotDo")
    assert "ship was to fail" in ended.cause
    told = ["reserve", "charge", "ship!", "refund", "unreserve"]
    eventually(lambda: workflows.worked(mark) == told, f"{told}: {workflows.worked(mark)}")


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("reserve", ["reserve!"]),
        ("charge", ["reserve", "charge!", "unreserve"]),
        ("nothing", ["reserve", "charge", "ship"]),
    ],
)
def test_exactly_what_was_completed_is_undone(
    workflows: Workflows, mark: str, fails: str, told: list[str]
) -> None:
    ended = workflows.run("careful", {"mark": mark, "fail": [fails]})
    assert ended.status == ("SUCCEEDED" if fails == "nothing" else "FAILED")
    eventually(lambda: workflows.worked(mark) == told, f"{told}: {workflows.worked(mark)}")


def test_an_undo_that_fails_for_good_is_kept_and_the_rest_is_undone(
    workflows: Workflows, mark: str
) -> None:
    document = {"mark": mark, "fail": ["ship", "refund"], "order": {"id": "ORD-1"}}
    ended = workflows.run("careful", document)
    assert (ended.status, ended.error) == ("FAILED", "CannotDo")
    told = ["reserve", "charge", "ship!", "refund!", "refund!", "unreserve"]
    eventually(lambda: workflows.worked(mark) == told, f"{told}: {workflows.worked(mark)}")
    kept = json.loads(workflows.kept(workflows.outputs["careful"]["undo_queue_url"], mark)["Body"])
    assert kept["step"] == "Charge"
    assert kept["execution"] == ended.arn
    assert kept["error"]["Error"] == "CannotDo"
    assert document.items() <= kept["document"].items()


# Role, logs, time, callbacks


def test_a_role_that_lost_a_permission_fails_the_task_with_aws_s_error(
    workflows: Workflows, mark: str
) -> None:
    assert workflows.run("plain", {"mark": mark}).status == "SUCCEEDED"
    with workflows.without(workflows.outputs["plain"]["role_arn"], "lambda:InvokeFunction"):
        ended = workflows.run("plain", {"mark": mark})
    assert (ended.status, ended.error) == ("FAILED", "Lambda.AWSLambdaException")
    assert "is not authorized to perform: lambda:InvokeFunction" in ended.cause
    eventually(lambda: workflows.worked(mark), "nothing was logged")
    assert workflows.worked(mark) == ["work"]


def test_logs_hold_data_only_where_they_may(workflows: Workflows, mark: str) -> None:
    for name, shown in (("plain", True), ("careful", False)):
        arn = workflows.run(name, {"mark": mark}).arn
        lines = workflows.logged_to("ExecutionSucceeded", name, arn)
        assert lines[0]["type"] == "ExecutionStarted"
        assert (mark in json.dumps(lines)) is shown


def test_a_machine_is_described_as_asked(workflows: Workflows) -> None:
    states = workflows.client("stepfunctions")
    for name, data, traced, level in (
        ("plain", True, True, "ALL"),
        ("careful", False, False, "ALL"),
        ("hurried", False, False, "ERROR"),
    ):
        found = states.describe_state_machine(stateMachineArn=workflows.outputs[name]["arn"])
        assert found["tracingConfiguration"] == {"enabled": traced}
        assert found["loggingConfiguration"]["includeExecutionData"] is data
        assert found["loggingConfiguration"]["level"] == level


def test_a_machine_out_of_time_ends_as_timed_out(workflows: Workflows, mark: str) -> None:
    ended = workflows.run("hurried", {"mark": mark, "seconds": 600})
    assert ended.status == "TIMED_OUT"
    # By itself a standard machine logs errors.
    lines = workflows.logged_to("ExecutionTimedOut", "hurried", ended.arn)
    assert [line["type"] for line in lines] == ["ExecutionTimedOut"]


def test_a_token_is_answered_by_whoever_may(workflows: Workflows, mark: str) -> None:
    arn = workflows.start("asking", {"ask": mark})
    question = json.loads(workflows.kept(workflows.outputs["questions"], mark)["Body"])
    answer = {"taskToken": question["token"], "output": json.dumps({"approved_by": "ann"})}
    visit = workflows.visit
    with user(visit) as stranger, pytest.raises(ClientError, match="AccessDenied"):
        stranger.client("stepfunctions").send_task_success(**answer)
    with user(visit, workflows.outputs["asking_callback"]) as holder:
        holder.client("stepfunctions").send_task_success(**answer)
    ended = finished(visit, arn)
    assert (ended.status, ended.output["answer"]) == ("SUCCEEDED", {"approved_by": "ann"})


# Release; last, as it changes what is deployed


def test_a_release_shares_new_executions_and_leaves_those_in_flight(
    workflows: Workflows, mark: str
) -> None:
    waiting = workflows.start("asking", {"ask": mark})
    question = json.loads(workflows.kept(workflows.outputs["questions"], mark)["Body"])
    before = workflows.outputs["asking"]
    workflows.deploy("second", {"1": 50})
    after = workflows.outputs["asking"]
    assert after["alias_arn"] == before["alias_arn"]
    assert after["version_arn"] == f"{after['arn']}:2"
    assert workflows.outputs["plain"]["version_arn"].endswith(":1")

    states = workflows.client("stepfunctions")
    states.send_task_success(taskToken=question["token"], output="{}")
    ended = finished(workflows.visit, waiting)
    assert (ended.status, ended.output["release"]) == ("SUCCEEDED", "first")
    described = states.describe_execution(executionArn=waiting)
    assert described["stateMachineVersionArn"] == before["version_arn"]

    arns = [workflows.start("asking", {"mark": mark}) for _ in range(40)]
    releases = [finished(workflows.visit, arn).output["release"] for arn in arns]
    assert set(releases) == {"first", "second"}
    assert 6 <= releases.count("first") <= 34


# What never gets that far


def test_a_typo_in_a_file_is_refused_with_its_place(fresh_sandbox: Sandbox, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(PROJECT)
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    document = {
        "StartAt": "Check",
        "States": {
            "Check": {"Type": "Pass", "Next": "Shipp"},
            "Ship": {"Type": "Wait", "Second": 5, "End": True},
        },
    }
    (project / "ship.asl.json").write_text(json.dumps(document))
    (project / "__main__.py").write_text(
        "from slipway import StateMachine\n"
        'StateMachine("before", {"definition": '
        '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}})\n'
        'StateMachine("ship", {"definition_file": "ship.asl.json"})\n'
    )
    done = fresh_sandbox.run("up", "--no-verify", "--program", str(project))
    assert done.code == 1
    assert "StateMachine 'ship'" in done.text
    assert "ship.asl.json" in done.text
    assert "state 'Check', Next: there is no state 'Shipp'" in done.text
    assert "Did you mean 'Ship'?" in done.text
    assert "state 'Ship', Second" in done.text
    assert "Did you mean 'Seconds'?" in done.text
    assert "Traceback" not in done.text
    assert "created" not in done.text
    assert fresh_sandbox.processes() == []
