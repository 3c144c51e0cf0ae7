"""The data workflow as an ASL document: plain data, so that it can be read, linted and tested."""

from typing import Any

Document = dict[str, Any]

FUNCTION_SECONDS = 15
"""Time-out of each function: 2,000 rows take a fraction of a second."""
MARGIN_SECONDS = 5
"""A task waits longer than its function may run."""
WORKFLOW_SECONDS = 300
"""Well above what every attempt of every step takes together."""
INVALID = "InvalidDataset"


def definition() -> Document:
    """The workflow; placeholders stand for the functions.

    Every task and the parallel state hand what failed to HandleError, which says what a person
    needs to know; the execution then fails, so that nobody takes its answer for a result.
    """
    return {
        "Comment": "Checks a data set, works on it from two sides at once, and combines both",
        "StartAt": "ValidateInput",
        "TimeoutSeconds": WORKFLOW_SECONDS,
        "States": {
            "ValidateInput": _task("ValidateInput", Next="ProcessInParallel"),
            "ProcessInParallel": {
                "Type": "Parallel",
                "Branches": [_branch("ProcessA"), _branch("ProcessB")],
                # An object, since an error can be put beside what is in one, and not into a list.
                "ResultSelector": {"results.$": "$"},
                "Catch": [_caught("HandleError")],
                "Next": "CombineResults",
            },
            "CombineResults": _task("CombineResults", "$.results", End=True),
            "HandleError": {
                **_call("HandleError"),
                "ResultSelector": {"report.$": "$.Payload"},
                "ResultPath": "$.handled",
                "Retry": [_again()],
                "Next": "ProcessingFailed",
            },
            "ProcessingFailed": {
                "Type": "Fail",
                "ErrorPath": "$.error.Error",
                "CausePath": "$.error.Cause",
            },
        },
    }


def _task(name: str, payload: str = "$", **leads: Any) -> Document:
    """One function whose answer is the next one's document."""
    return {
        **_call(name, payload),
        "OutputPath": "$.Payload",
        "Retry": [{"ErrorEquals": [INVALID], "MaxAttempts": 0}, _again()],
        "Catch": [_caught("HandleError")],
        **leads,
    }


def _branch(name: str) -> Document:
    """One side. What fails in it ends it, and the cause says which side it was."""
    failed = f"{name}Failed"
    return {
        "StartAt": name,
        "States": {
            name: {
                **_task(name, End=True),
                "Catch": [_caught(failed)],
            },
            failed: {
                "Type": "Fail",
                "ErrorPath": "$.error.Error",
                "CausePath": f"States.Format('{name}: {{}}', $.error.Cause)",
            },
        },
    }


def _call(name: str, payload: str = "$") -> Document:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{name}}}", "Payload.$": payload},
        "TimeoutSeconds": FUNCTION_SECONDS + MARGIN_SECONDS,
    }


def _again() -> Document:
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "BackoffRate": 2.0,
    }


def _caught(then: str) -> Document:
    # TaskFailed is every error of a task but a time-out, which is as much of one here.
    return {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "ResultPath": "$.error",
        "Next": then,
    }
