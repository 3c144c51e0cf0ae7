"""A program with a state machine for each thing that one can do, as a user writes it."""

PROJECT = """
name: workflows
runtime: python
config:
  workflows:architecture: {type: string, default: x86_64}
  workflows:runtime: {type: string, default: python3.13}
"""
WORKER = '''
"""Does what it is told, says so, and fails where the document wants it to."""
import json

class CannotDo(Exception):
    pass

def handler(event, context):
    do, document = event["do"], event["document"]
    failed = do in document.get("fail", [])
    print(json.dumps({"do": do, "mark": document.get("mark"), "failed": failed}))
    if failed:
        raise CannotDo(f"{do} was to fail")
    return {"done": do}
'''
PROGRAM = """
import pulumi
import pulumi_aws as aws
from slipway import MultiTriggerFunction, StateMachine

config = pulumi.Config()
worker = MultiTriggerFunction("worker", {
    "code": "worker",
    "runtime": config.require("runtime"),
    "architecture": config.require("architecture"),
    "timeout_seconds": 5,
    "alarms": False,
    "force_delete": True,
})
WORKER = {"Worker": worker.task()}

def work(do, **more):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Worker}", "Payload": {"do": do, "document.$": "$"}},
        "TimeoutSeconds": 10,
        **more,
    }

def machine(name, states, triggers=None, timeout=None, **more):
    document = {"StartAt": next(iter(states)), "States": states}
    if timeout:
        document["TimeoutSeconds"] = timeout
    made = StateMachine(name, {
        "definition": document, "triggers": triggers or {}, "alarms": False, **more
    })
    pulumi.export(name, {key: getattr(made, key) for key in (
        "arn", "alias_arn", "version_arn", "role_arn", "log_group_name", "undo_queue_url",
        "failure_queue_url", "api_url", "queue_urls", "dead_letter_queue_urls",
    )})
    return made

def statements(name, given):
    pulumi.export(name, [
        {"Effect": "Allow", "Action": item["actions"],
         "Resource": pulumi.Output.all(*item["resources"])}
        for item in given
    ])

DONE = {"Done": {"Type": "Succeed"}}
SCHEMA = {"type": "object", "required": ["mark"], "properties": {"mark": {"type": "string"}}}

echo = machine("echo", DONE, {
    "schedules": {"nightly": {"expression": "rate(1 day)", "input": {"nightly": "run"}}},
    "events": {"placed": {
        "pattern": {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}},
        "input_path": "$.detail",
        "retries": 0,
    }},
    "api": {"body_schema": SCHEMA},
    "sqs": {"jobs": {"max_receives": 2, "input_template": "<$.body>"}},
})
statements("echo_callers", echo.call_policy())
statements("echo_senders", echo.send_policy("jobs"))
statements("echo_starters", echo.start_policy())
statements("echo_readers", echo.read_policy())
machine("open", DONE, {
    "api": {"auth": "none"},
    "events": {"shaped": {
        "pattern": {"source": ["warehouse"]},
        "transformer": {"paths": {"mark": "$.detail.mark"}, "template": '{"mark": <mark>}'},
    }},
    "sqs": {"picked": {"fifo": True, "filters": [{"body": {"kind": ["order"]}}]}},
})
machine("quick", {
    "Choose": {"Type": "Choice", "Default": "Double", "Choices": [
        {"Variable": "$.fail", "IsPresent": True, "Next": "Refuse"},
        {"Variable": "$.seconds", "IsPresent": True, "Next": "Dawdle"}]},
    "Double": {"Type": "Pass", "End": True, "Parameters": {
        "doubled.$": "States.MathAdd($.number, $.number)", "text.$": "$.text"}},
    "Refuse": {"Type": "Fail", "Error": "OutOfStock", "Cause": "nobody outside should read this"},
    "Dawdle": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True},
}, {"api": {"auth": "none", "throttle": {"rate": 1, "burst": 10}}}, timeout=2, kind="express")

def undoing(do):
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    return {"task": work(do, Retry=[again])}

machine("careful", {
    "Reserve": work("reserve", ResultPath=None, Next="Charge"),
    "Charge": work("charge", ResultPath=None, Next="Ship"),
    "Ship": work("ship", ResultPath=None, End=True),
}, functions=WORKER, log_level="ALL",
    undo={"Reserve": undoing("unreserve"), "Charge": undoing("refund")})
machine("plain", {"Work": work("work", ResultPath=None, End=True)}, functions=WORKER,
    log_level="ALL", log_execution_data=True, tracing=True)
machine("hurried", {"Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}, timeout=1)

questions = aws.sqs.Queue("questions")
pulumi.export("questions", questions.url)
asking = machine("asking", {
    "Choose": {"Type": "Choice", "Default": "Answered", "Choices": [
        {"Variable": "$.ask", "IsPresent": True, "Next": "Ask"}]},
    "Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "${Questions}", "MessageBody": {
            "token.$": "$$.Task.Token", "mark.$": "$.ask"}},
        "TimeoutSeconds": 300, "ResultPath": "$.answer", "Next": "Answered",
    },
    "Answered": {"Type": "Pass", "Result": "RELEASE", "ResultPath": "$.release", "End": True},
}, substitutions={"Questions": questions.url}, arns={"Questions": questions.arn}, release=WEIGHTS)
statements("asking_callback", asking.callback_policy())
"""
