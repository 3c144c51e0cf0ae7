"""Retry and Catch."""

from ..machines import calls, invoke, jsonata, machine, passes
from .case import ALL, Wrong, catch, caught, one, retry, without

RETRY = [
    Wrong(
        retry({"ErrorEquals": ALL, "Comment": 5}),
        "state 'A', Retry[0].Comment: must be a string, not 5.",
    ),
    Wrong(catch(caught(*ALL, Comment=5)), "state 'A', Catch[0].Comment: must be a string, not 5."),
    Wrong(one(invoke(Retry={})), "state 'A', Retry: must be an array of objects, not an object."),
    Wrong(retry("x"), "state 'A', Retry[0]: must be an object, not 'x'."),
    Wrong(
        retry({"MaxAttempts": 1}), "state 'A', Retry[0].ErrorEquals: is missing. Name the errors"
    ),
    Wrong(retry({"ErrorEquals": []}), "state 'A', Retry[0].ErrorEquals: must be a non-empty array"),
    Wrong(
        retry({"ErrorEquals": [5]}), "state 'A', Retry[0].ErrorEquals: must be a non-empty array"
    ),
    Wrong(
        retry({"ErrorEquals": ["States.ALL", "X"]}),
        "state 'A', Retry[0].ErrorEquals: States.ALL stands alone.",
    ),
    Wrong(
        retry({"ErrorEquals": ALL}, {"ErrorEquals": ["States.Timeout"]}),
        "state 'A', Retry[0].ErrorEquals: States.ALL comes last",
    ),
    Wrong(
        retry({"ErrorEquals": ["States.TimeOut"]}),
        "state 'A', Retry[0].ErrorEquals: 'States.TimeOut' is no error of Step Functions. Did you "
        "mean 'States.Timeout'?",
    ),
    Wrong(
        retry({"ErrorEquals": ["Lambda.TooManyRequestException"]}),
        "state 'A', Retry[0].ErrorEquals: ",
        "Did you mean 'Lambda.TooManyRequestsException'?",
        warning=True,
    ),
    Wrong(
        retry({"ErrorEquals": ["States.Runtime"]}),
        "state 'A', Retry[0].ErrorEquals: States.Runtime is never retried.",
        warning=True,
    ),
    Wrong(
        retry({"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["OutOfStock"]}),
        "state 'A', Retry[1]: is never reached: Retry[0] before it takes the same errors.",
    ),
    Wrong(
        retry({"ErrorEquals": ["A", "B"]}, {"ErrorEquals": ["B"]}),
        "state 'A', Retry[1]: is never reached",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "IntervalSeconds": 0}),
        "state 'A', Retry[0].IntervalSeconds: must be a whole number from 1",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "MaxAttempts": -1}),
        "state 'A', Retry[0].MaxAttempts: must be a whole number from 0",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "BackoffRate": 0.5}),
        "state 'A', Retry[0].BackoffRate: must be a number of 1.0 or more, not 0.5.",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "BackoffRate": "2"}),
        "state 'A', Retry[0].BackoffRate: must be a number of 1.0 or more, not '2'.",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "IntervalSeconds": 10, "MaxDelaySeconds": 10}),
        "state 'A', Retry[0].MaxDelaySeconds: 10 is not above IntervalSeconds (10). Set at",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "MaxDelaySeconds": 31_622_400}),
        "state 'A', Retry[0].MaxDelaySeconds: must be a whole number from 1 to 31622399",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "JitterStrategy": "full"}),
        "state 'A', Retry[0].JitterStrategy: 'full' is not valid.",
    ),
    Wrong(
        retry({"ErrorEquals": ALL, "MaxAttempt": 1}),
        "state 'A', Retry[0].MaxAttempt: is no field here. Did you mean 'MaxAttempts'?",
    ),
    Wrong(
        catch(caught("States.ALL"), caught("X")),
        "state 'A', Catch[0].ErrorEquals: States.ALL comes",
    ),
    Wrong(
        catch(caught("States.Nope"), caught(*ALL)), "state 'A', Catch[0].ErrorEquals: 'States.Nope'"
    ),
    Wrong(catch(caught(*ALL, Nxt="B")), "state 'A', Catch[0].Nxt: is no field", "mean 'Next'?"),
    Wrong(
        catch(caught("X"), without(caught(*ALL), "Next")),
        "state 'A', Catch[1].Next: is missing. Name the state that handles the error.",
    ),
    Wrong(
        catch(caught(*ALL, ResultPath="error")),
        "state 'A', Catch[0].ResultPath: 'error' is no path.",
    ),
    Wrong(
        catch(caught(*ALL, Output=1)),
        "state 'A', Catch[0].Output: is a field of JSONata states",
    ),
    Wrong(
        machine(A=invoke(Catch=[without(caught(*ALL), "ResultPath")]), B=passes()),
        "state 'A', Catch[0].ResultPath: is missing, so the error replaces the input and 'B' no "
        "longer has it.",
        "set ResultPath, as in '$.error'",
        warning=True,
    ),
    Wrong(
        jsonata(A=calls(Catch=[without(caught(*ALL), "ResultPath")]), B=passes()),
        "state 'A', Catch[0].Output: is missing, so the error replaces the input",
        "$states.errorOutput",
        warning=True,
    ),
]
