"""What a document, its fields and its flow may look like."""

from ..machines import calls, choice, compares, each, invoke, jsonata, machine, passes
from .case import ALL, Wrong, caught, one, without

DOCUMENT = [
    Wrong([], "machine: must be an object with StartAt and States, not an array."),
    Wrong(None, "machine: must be an object with StartAt and States, not null."),
    Wrong({"StartAt": "A"}, "machine, States: is missing."),
    Wrong({"StartAt": "A", "States": []}, "machine, States: must be an object of state names"),
    Wrong({"StartAt": "A", "States": {}}, "machine, States: is empty.", "at least one state"),
    Wrong({"StartAt": "A", "States": {"A": 1}}, "state 'A': must be an object with a Type."),
    Wrong(one({"End": True}), "state 'A', Type: is missing. There is Task, Pass"),
    Wrong(one({"Type": "Taks"}), "state 'A', Type: 'Taks' is no type", "Did you mean 'Task'?"),
    Wrong(one({"Type": 5}), "state 'A', Type: 5 is no type of state"),
    Wrong({**one(passes()), "Coment": ""}, "machine, Coment: is no field", "mean 'Comment'?"),
    Wrong({**one(passes()), "Comment": 1}, "machine, Comment: must be a string, not 1."),
    Wrong({**one(passes()), "Version": "2.0"}, "machine, Version: must be '1.0'"),
    Wrong(
        {**one(passes()), "QueryLanguage": "JSONPaths"},
        "machine, QueryLanguage: 'JSONPaths' is no query language. There is JSONPath, JSONata.",
    ),
    Wrong(
        {**one(passes()), "TimeoutSeconds": 0}, "machine, TimeoutSeconds: must be a whole number"
    ),
    Wrong({**one(passes()), "TimeoutSeconds": "9"}, "machine, TimeoutSeconds: must be", "not '9'"),
    Wrong(
        {**one(passes()), "TimeoutSeconds": 100_000_000},
        "machine, TimeoutSeconds: must be a whole number from 1 to 99999999, not 100000000.",
    ),
    Wrong({"x": {1: 2}}, "machine, x: has the key 1. Keys are strings."),
    Wrong({"x": [b"y"]}, "machine, x[0]: is a bytes, which JSON does not have.", "placeholder"),
    Wrong({"x": float("nan")}, "machine, x: is no number that JSON can carry."),
    Wrong({"x": 10**400}, "machine, x: is no number that JSON can carry."),
    Wrong(
        one(passes(Result="x" * 1024 * 1024)),
        "machine: the definition has 1,048,",
        "AWS takes 1,048,576",
    ),
]
FIELDS = [
    Wrong(one(passes(Reslut=1)), "state 'A', Reslut: is no field here.", "Did you mean 'Result'?"),
    Wrong(one(passes(Comment=None)), "state 'A', Comment: must be a string, not null."),
    Wrong(one(passes(Retry=[])), "state 'A', Retry: is no field here. It is one of Map, Parallel,"),
    Wrong(one(passes(Zzz=1)), "state 'A', Zzz: is no field here. A Pass state has Assign, Comment"),
    Wrong(one({"Type": "Task", "End": True}), "state 'A', Resource: is missing."),
    Wrong(one({"Type": "Choice", "Default": "A"}), "state 'A', Choices: is missing."),
    Wrong(one({"Type": "Parallel", "End": True}), "state 'A', Branches: is missing."),
    Wrong(one({"Type": "Map", "End": True}), "state 'A', ItemProcessor: is missing."),
    Wrong(
        one({"Type": "Succeed", "End": True}),
        "state 'A', End: is no field here. A Succeed state ends its machine or branch anyway",
    ),
    Wrong(
        machine(A={"Type": "Fail", "Next": "A"}),
        "state 'A', Next: is no field here. A Fail state ends the execution: use Pass",
    ),
    Wrong(
        one(calls()),
        "state 'A', Arguments: is a field of JSONata states, and this one is JSONPath. "
        "Use Parameters.",
    ),
    Wrong(
        jsonata(A=calls(Parameters={})),
        "state 'A', Parameters: is a field of JSONPath states, and this one is JSONata. "
        "Use Arguments.",
    ),
    Wrong(
        jsonata(A=passes(Parameters={})),
        "state 'A', Parameters: is a field of JSONPath states, and this one is JSONata. "
        "Use Output.",
    ),
    Wrong(
        jsonata(A={"Type": "Wait", "SecondsPath": "$states.input.s", "End": True}),
        "state 'A', SecondsPath: is a field of JSONPath states",
        "Use Seconds with a {% %} expression.",
    ),
    Wrong(
        machine(A=passes(QueryLanguage="JSONata", ResultPath=None)),
        "state 'A', ResultPath: is a field of JSONPath states",
        "Use Output, or Assign",
    ),
    Wrong(
        jsonata(A=passes(QueryLanguage="JSONPath")),
        "state 'A', QueryLanguage: a JSONata machine cannot have JSONPath states.",
    ),
    Wrong(one(passes(QueryLanguage="SQL")), "state 'A', QueryLanguage: 'SQL' is no query language"),
    Wrong(
        jsonata(A=passes(Arguments=1)),
        "state 'A', Arguments: is no field here. Pass states compute nothing but Output",
    ),
    Wrong(
        one(
            {
                "Type": "Parallel",
                "Branches": [{**machine(B=passes()), "TimeoutSeconds": 5}],
                "End": True,
            }
        ),
        "state 'A', Branches[0].TimeoutSeconds: belongs to the machine; a branch has Comment,",
    ),
]
FLOW = [
    Wrong(without(one(passes()), "StartAt"), "machine, StartAt: is missing."),
    Wrong(
        machine("Chrage", Charge=passes()),
        "machine, StartAt: there is no state 'Chrage'",
        "'Charge'",
    ),
    Wrong({**one(passes()), "StartAt": 1}, "machine, StartAt: must be the name of a state, not 1."),
    Wrong(
        machine(A={"Type": "Pass", "Next": "Fulfil"}, Fulfill=passes()) | {"StartAt": "A"},
        "state 'A', Next: there is no state 'Fulfil' in this machine. Did you mean 'Fulfill'?",
    ),
    Wrong(
        choice({"Variable": "$.x", "IsNull": True, "Next": "Gone"}),
        "state 'Which', Choices[0].Next: there is no state 'Gone'",
    ),
    Wrong(
        choice(compares("IsNull", True), default="Gone"),
        "state 'Which', Default: there is no state",
    ),
    Wrong(
        one(invoke(Catch=[caught(*ALL, Next="Gone")])),
        "state 'A', Catch[0].Next: there is no state 'Gone'",
    ),
    Wrong(one({"Type": "Pass"}), "state 'A', Next: is missing. Name the next state, or set End"),
    Wrong(
        machine(A=passes(Next="B", End=True), B=passes()),
        "state 'A', End: cannot stand beside Next.",
    ),
    Wrong(one(passes(End=False)), "state 'A', End: may only be true, not false."),
    Wrong(machine(A=passes(), B=passes()), "state 'B': cannot be reached"),
    Wrong(
        one({"Type": "Pass", "Next": "A"}),
        "state 'A', Next: from here no end can be reached: A leads to itself.",
    ),
    Wrong(
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
        "state 'A', Next: from here no end can be reached: A, B only lead to each other.",
    ),
    Wrong(
        machine(A={"Type": "Pass", "Next": "B" * 81}, **{"B" * 81: passes()}),
        f"state '{'B' * 81}': its name has 81 characters. Use 80 at most.",
    ),
    Wrong({"StartAt": "", "States": {"": passes()}}, "machine: has an empty name."),
    Wrong(
        machine(A={"Type": "Parallel", "Branches": [machine(B=passes())], "Next": "B"}, B=passes()),
        "state 'B': the name is taken by 'A/branch 1/B'.",
    ),
    Wrong(
        machine(
            A={
                "Type": "Parallel",
                "Branches": [machine(C={"Type": "Pass", "Next": "B"})],
                "Next": "B",
            },
            B=passes(),
        ),
        "state 'A/branch 1/C', Next: there is no state 'B' in the same branch.",
    ),
    Wrong(
        one({"Type": "Parallel", "Branches": [machine("X", B=passes())], "End": True}),
        "state 'A', Branches[0].StartAt: there is no state 'X'",
    ),
    Wrong(one(each(ItemProcessor=machine(B={"Type": "Pass"}))), "state 'A/B', Next: is missing."),
]
