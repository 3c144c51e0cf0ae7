"""Seconds against seconds, Express workflows and placeholders."""

from typing import Any

from ..machines import Machine, callback, calls, distributed, invoke, jsonata, machine, passes
from .case import ALL, Wrong, one, retry, task


def known(seconds: int) -> dict[str, Any]:
    return {"timeouts": {"Charge": seconds}}


def charge(**more: Any) -> Machine:
    return invoke(Parameters={"FunctionName": "${Charge}"}, **more)


TIMING = [
    Wrong(
        one(charge(TimeoutSeconds=10)),
        "state 'A', TimeoutSeconds: 10 s is less than the 20 s that the function itself may run",
        "Set at least 20.",
        known(20),
    ),
    Wrong(
        one({"Type": "Task", "Resource": "${Charge}", "TimeoutSeconds": 10, "End": True}),
        "state 'A', TimeoutSeconds: 10 s is less than the 20 s",
        "",
        known(20),
    ),
    Wrong(
        jsonata(A=calls(Arguments={"FunctionName": "${Charge}:live"}, TimeoutSeconds=10)),
        "state 'A', TimeoutSeconds: 10 s is less than the 20 s",
        "",
        known(20),
    ),
    Wrong(
        one(charge()),
        "state 'A', TimeoutSeconds: is missing: an answer that gets lost",
        "The function may run 20 s: set 20 or a little more.",
        known(20),
        warning=True,
    ),
    Wrong(
        {"TimeoutSeconds": 100, **one(invoke(TimeoutSeconds=101))},
        "state 'A', TimeoutSeconds: one attempt may take 101 s, which is more than the machine's "
        "TimeoutSeconds (100).",
    ),
    Wrong(
        {"TimeoutSeconds": 66, **retry({"ErrorEquals": ALL}, TimeoutSeconds=15)},
        "state 'A', Retry: all of its 4 attempts of 15 s and 7 s of waits between them take up to "
        "67 s, which is more than the machine's TimeoutSeconds (66).",
    ),
    Wrong(
        {
            "TimeoutSeconds": 108,
            **retry(
                {
                    "ErrorEquals": ALL,
                    "IntervalSeconds": 5,
                    "MaxAttempts": 4,
                    "MaxDelaySeconds": 8,
                },
                TimeoutSeconds=16,
            ),
        },
        "state 'A', Retry: all of its 5 attempts of 16 s and 29 s of waits between them take up to "
        "109 s",
    ),
    Wrong(
        {
            "TimeoutSeconds": 59,
            **retry(
                {"ErrorEquals": ["X"], "IntervalSeconds": 10, "MaxAttempts": 2, "BackoffRate": 1},
                {"ErrorEquals": ALL, "IntervalSeconds": 10, "MaxAttempts": 1},
                TimeoutSeconds=8,
            ),
        },
        "state 'A', Retry: all of its 4 attempts of 8 s and 30 s of waits between them take up to "
        "62 s",
    ),
    Wrong(
        {"TimeoutSeconds": 82, **one(charge(TimeoutSeconds=20, Retry=[{"ErrorEquals": ALL}]))},
        "state 'A', Retry: all of its 4 attempts of 20 s",
        "",
        known(20),
    ),
    Wrong(
        {"TimeoutSeconds": 7000, **one(callback(Retry=[{"ErrorEquals": ALL, "MaxAttempts": 1}]))},
        "state 'A', Retry: all of its 2 attempts of 3600 s and 1 s of waits",
    ),
    Wrong(
        {
            "TimeoutSeconds": 6,
            **one(
                {
                    "Type": "Parallel",
                    "Branches": [machine(B=passes())],
                    "Retry": [{"ErrorEquals": ALL}],
                    "End": True,
                }
            ),
        },
        "state 'A', Retry: all of its 4 attempts and 7 s of waits between them take up to 7 s",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "MaxAttempts": 50}),
        "state 'A', Retry: all of its 51 attempts and ",
        "more than the year that an execution may run",
        warning=True,
    ),
    Wrong(
        {"TimeoutSeconds": 10, **one({"Type": "Wait", "Seconds": 11, "End": True})},
        "state 'A', Seconds: 11 s is more than the machine's TimeoutSeconds (10).",
    ),
]
TIMING += [
    Wrong(
        one({"Type": "Wait", "Seconds": 99_999_999, "End": True}),
        "state 'A', Seconds: 99999999 s is more than the year that an execution may run.",
        warning=True,
    ),
]
FAST = {"express": True}
EXPRESS = [
    Wrong(
        task("arn:aws:states:::ecs:runTask.sync"),
        "state 'A', Resource: Express workflows have no '.sync'.",
        "",
        FAST,
    ),
    Wrong(
        one(callback(TimeoutSeconds=200, HeartbeatSeconds=20)),
        "state 'A', Resource: Express workflows have no '.waitForTaskToken'.",
        "",
        FAST,
    ),
    Wrong(
        one(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:eu-west-1:123456789012:activity:pack",
                "TimeoutSeconds": 5,
                "End": True,
            }
        ),
        "state 'A', Resource: Express workflows have no activities.",
        "",
        FAST,
    ),
    Wrong(
        one(distributed()),
        "state 'A', ItemProcessor.ProcessorConfig.Mode: Express workflows have no distributed",
        "",
        FAST,
    ),
    Wrong(
        {**one(passes()), "TimeoutSeconds": 301},
        "machine, TimeoutSeconds: 301 is more than the 300 s that an Express workflow may run.",
        "",
        FAST,
    ),
    Wrong(
        one({"Type": "Wait", "Seconds": 301, "End": True}),
        "state 'A', Seconds: 301 s is more than the 300 s that an Express workflow may run.",
        "",
        FAST,
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "MaxAttempts": 9}),
        "state 'A', Retry: all of its 10 attempts and 511 s of waits between them take up to 511 s",
        "",
        FAST,
    ),
    Wrong(
        one(
            distributed("EXPRESS")
            | {
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                    **machine(B=callback(TimeoutSeconds=200, HeartbeatSeconds=20)),
                }
            }
        ),
        "state 'A/B', Resource: Express workflows have no '.waitForTaskToken'.",
    ),
]
PLACEHOLDERS = [
    Wrong(
        one(
            invoke(Parameters={"FunctionName": "${Chrage}", "Payload": ["${Charge}", "${Charges}"]})
        ),
        "state 'A', Parameters.FunctionName: the placeholder '${Chrage}' has no value.",
        "Did you mean '${Charge}'?",
        {"placeholders": {"Charges", "Charge"}},
    ),
    Wrong(
        one(charge()),
        "machine: the placeholder '${Table}' has a value that nothing uses.",
        "",
        {"placeholders": ["Table", "Charge"]},
        warning=True,
    ),
    Wrong(
        one(passes(Result={"${a}": 1})),
        "state 'A', Result.${a}: '${a}': placeholders stand in values, not in names",
        "",
        {"placeholders": []},
        warning=True,
    ),
    Wrong(
        one(passes(Comment="${a-b}")),
        "state 'A', Comment: '${a-b}' is no placeholder and stays as it is.",
        "",
        {"placeholders": []},
        warning=True,
    ),
    Wrong(
        one({"Type": "Parallel", "Branches": [machine(B=charge())], "End": True}),
        "state 'A/branch 1/B', Parameters.FunctionName: the placeholder '${Charge}' has no value.",
        "",
        {"placeholders": []},
    ),
]
