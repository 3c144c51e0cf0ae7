"""Choice, Wait and Fail states."""

from ..machines import choice, compares, jsonata, machine, passes
from .case import Wrong, one, without

CHOICE = [
    Wrong(
        choice({**compares("IsNull", True), "Comment": 5}),
        "state 'Which', Choices[0].Comment: must be a string, not 5.",
    ),
    Wrong(
        jsonata(
            A={
                "Type": "Choice",
                "Choices": [{"Condition": "{% true %}", "Nxt": "B", "Next": "B"}],
                "Default": "B",
            },
            B=passes(),
        ),
        "state 'A', Choices[0].Nxt: is no field here. Did you mean 'Next'?",
    ),
    Wrong(
        choice(compares("NumericEqualsPath", 5)),
        "state 'Which', Choices[0].NumericEqualsPath: must be a path such as",
    ),
    Wrong(
        machine(A={"Type": "Choice", "Choices": [], "Default": "B"}, B=passes()),
        "state 'A', Choices: is empty. Give at least one rule",
    ),
    Wrong(
        machine(A={"Type": "Choice", "Choices": {}, "Default": "B"}, B=passes()),
        "state 'A', Choices: must be an array of rules, not an object.",
    ),
    Wrong(
        without(choice(compares("IsNull", True)), "Default")
        | {
            "States": {
                "Which": {"Type": "Choice", "Choices": [compares("IsNull", True)]},
                "Done": {"Type": "Succeed"},
            }
        },
        "state 'Which', Default: is missing: when no rule matches, the execution fails with",
        warning=True,
    ),
    Wrong(
        choice(5, compares("IsNull", True)), "state 'Which', Choices[0]: must be an object, not 5."
    ),
    Wrong(
        choice(without(compares("IsNull", True), "Next")),
        "state 'Which', Choices[0].Next: is missing. Name the state to go to.",
    ),
    Wrong(
        choice({"Variable": "$.x", "Next": "Done"}),
        "state 'Which', Choices[0]: compares nothing. Give a Variable and one comparison",
    ),
    Wrong(
        choice({**compares("NumericGreaterThan", 1), "NumericLessThan": 5}),
        "state 'Which', Choices[0].NumericLessThan: is a second comparison beside "
        "NumericGreaterThan. Join them with And.",
    ),
    Wrong(
        choice({**compares("IsNull", True), "StringEqual": "x"}),
        "state 'Which', Choices[0].StringEqual: is no comparison. Did you mean 'StringEquals'?",
    ),
    Wrong(
        choice(without(compares("IsNull", True), "Variable")),
        "state 'Which', Choices[0].Variable: is missing.",
    ),
    Wrong(
        choice({**compares("IsNull", True), "Variable": "States.ArrayLength($.x)"}),
        "state 'Which', Choices[0].Variable: takes a path, no intrinsic function.",
    ),
    Wrong(
        choice({**compares("IsNull", True), "Variable": "$.x.length()"}),
        "state 'Which', Choices[0].Variable: '$.x.length()' calls length()",
    ),
    Wrong(
        choice(compares("NumericEquals", "5")),
        "state 'Which', Choices[0].NumericEquals: compares with a number, not '5'.",
        "use NumericEqualsPath",
    ),
    Wrong(
        choice(compares("BooleanEquals", 1)),
        "state 'Which', Choices[0].BooleanEquals: compares with",
    ),
    Wrong(
        choice(compares("NumericEquals", True)),
        "state 'Which', Choices[0].NumericEquals: ",
        "not true",
    ),
    Wrong(
        choice(compares("StringEquals", 5)), "state 'Which', Choices[0].StringEquals: compares with"
    ),
    Wrong(
        choice(compares("IsPresent", "true")),
        "state 'Which', Choices[0].IsPresent: compares with a",
    ),
    Wrong(
        choice(compares("TimestampEquals", "yesterday")),
        "state 'Which', Choices[0].TimestampEquals: 'yesterday' is no timestamp with time zone",
    ),
    Wrong(
        choice(compares("StringEqualsPath", "other")),
        "state 'Which', Choices[0].StringEqualsPath: 'other' is no path.",
    ),
    Wrong(
        choice(compares("StringEquals", "$.other")),
        "state 'Which', Choices[0].StringEquals: '$.other' is compared as text.",
        "use StringEqualsPath",
        warning=True,
    ),
    Wrong(
        choice({"And": [{**compares("IsNull", True)}], "Next": "Done"}),
        "state 'Which', Choices[0].And[0].Next: stands at the top of a rule only.",
    ),
    Wrong(
        choice({"And": [], "Next": "Done"}),
        "state 'Which', Choices[0].And: must be a non-empty array of tests, not an array.",
    ),
    Wrong(choice({"Or": {}, "Next": "Done"}), "state 'Which', Choices[0].Or: must be a non-empty"),
    Wrong(
        choice({"Or": [1], "Next": "Done"}), "state 'Which', Choices[0].Or[0]: must be an object"
    ),
    Wrong(choice({"Not": [], "Next": "Done"}), "state 'Which', Choices[0].Not: must be one test"),
    Wrong(
        choice({"Not": {"And": [{"Variable": "$.x"}]}, "Next": "Done"}),
        "state 'Which', Choices[0].Not.And[0]: compares nothing.",
    ),
    Wrong(
        choice({"Variable": "$.x", "Not": {"Variable": "$.x", "IsNull": True}, "Next": "Done"}),
        "state 'Which', Choices[0].Variable: has no place beside Not.",
    ),
    Wrong(
        choice({**compares("IsNull", True), "Condition": "{% true %}"}),
        "state 'Which', Choices[0].Condition: is a field of JSONata states",
        "Use Variable and a comparison.",
    ),
    Wrong(
        {
            **machine(
                A={"Type": "Choice", "Choices": [compares("IsNull", True)], "Default": "Done"},
                Done={"Type": "Succeed"},
            ),
            "States": {
                "A": {
                    "Type": "Choice",
                    "QueryLanguage": "JSONata",
                    "Choices": [{"Condition": "true", "Next": "Done"}],
                    "Default": "Done",
                },
                "Done": {"Type": "Succeed"},
            },
        },
        "state 'A', Choices[0].Condition: must be a '{% ... %}' expression",
    ),
    Wrong(
        jsonata(
            A={
                "Type": "Choice",
                "Choices": [{"Condition": "{% true %}", "Variable": "x", "Next": "B"}],
                "Default": "B",
            },
            B=passes(),
        ),
        "state 'A', Choices[0].Variable: is a field of JSONPath states",
        "Use Condition.",
    ),
    Wrong(
        jsonata(A={"Type": "Choice", "Choices": [{"Next": "B"}], "Default": "B"}, B=passes()),
        "state 'A', Choices[0].Condition: is missing.",
    ),
]
WAIT_AND_FAIL = [
    Wrong(one({"Type": "Wait", "End": True}), "state 'A', Seconds: is missing. A Wait state needs"),
    Wrong(
        one({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
        "state 'A', SecondsPath: cannot stand beside Seconds. Keep one of them.",
    ),
    Wrong(one({"Type": "Wait", "Seconds": -1, "End": True}), "state 'A', Seconds: must be a whole"),
    Wrong(one({"Type": "Wait", "Seconds": 1.5, "End": True}), "state 'A', Seconds: ", "not 1.5"),
    Wrong(
        one({"Type": "Wait", "Seconds": 100_000_000, "End": True}),
        "state 'A', Seconds: must be a whole number from 0 to 99999999",
    ),
    Wrong(
        one({"Type": "Wait", "Timestamp": "2026-03-14 01:59:00Z", "End": True}),
        "state 'A', Timestamp: '2026-03-14 01:59:00Z' is no timestamp with time zone (RFC 3339).",
    ),
    Wrong(
        one({"Type": "Wait", "Timestamp": "2026-02-30T00:00:00Z", "End": True}),
        "state 'A', Timestamp: '2026-02-30T00:00:00Z' does not exist: day is out of range",
    ),
    Wrong(one({"Type": "Wait", "Timestamp": 5, "End": True}), "state 'A', Timestamp: must be a"),
    Wrong(
        one({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}),
        "state 'A', ErrorPath: cannot stand beside Error.",
    ),
    Wrong(
        one({"Type": "Fail", "Cause": "E", "CausePath": "$.e"}),
        "state 'A', CausePath: cannot stand beside Cause.",
    ),
    Wrong(one({"Type": "Fail", "Error": 5}), "state 'A', Error: must be a string, not 5."),
    Wrong(
        one({"Type": "Fail", "Cause": "$.error.Cause"}),
        "state 'A', Cause: '$.error.Cause' stays text. For its value use CausePath.",
        warning=True,
    ),
    Wrong(one({"Type": "Fail", "CausePath": "x"}), "state 'A', CausePath: 'x' is no path."),
    Wrong(
        one({"Type": "Fail", "Error": "States.Mine"}),
        "state 'A', Error: 'States.Mine': names that begin with 'States.' belong to",
        warning=True,
    ),
]
