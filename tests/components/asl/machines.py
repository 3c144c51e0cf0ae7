"""Machines that are right: every type of state in both query languages, and what goes with them."""

from typing import Any

Machine = dict[str, Any]

LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
SEND = "arn:aws:states:::sqs:sendMessage"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"


def machine(start: str = "", /, **states: Machine) -> Machine:
    """A machine of ``states`` that starts with the first one."""
    return {"StartAt": start or next(iter(states)), "States": states}


def jsonata(**states: Machine) -> Machine:
    return {"QueryLanguage": "JSONata", **machine(**states)}


def _leads(more: Machine) -> Machine:
    return {} if "Next" in more else {"End": True}


def passes(**more: Any) -> Machine:
    return {"Type": "Pass", **_leads(more), **more}


def invoke(**more: Any) -> Machine:
    """A task that calls a function and ends."""
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": LAMBDA, "Payload.$": "$"},
        **_leads(more),
        **more,
    }


def calls(**more: Any) -> Machine:
    """The same in JSONata."""
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": {"FunctionName": LAMBDA, "Payload": "{% $states.input %}"},
        **_leads(more),
        **more,
    }


def callback(**more: Any) -> Machine:
    return {
        "Type": "Task",
        "Resource": f"{SEND}.waitForTaskToken",
        "Parameters": {"QueueUrl": QUEUE, "MessageBody": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 3600,
        "HeartbeatSeconds": 600,
        **_leads(more),
        **more,
    }


def choice(*rules: Any, default: str = "Done") -> Machine:
    """A machine that chooses between ``Done`` and nothing else."""
    return machine(
        Which={"Type": "Choice", "Choices": list(rules), "Default": default},
        Done={"Type": "Succeed"},
    )


def each(**more: Any) -> Machine:
    return {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index"},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **machine(Work=passes())},
        **_leads(more),
        **more,
    }


def distributed(execution: str = "STANDARD", **more: Any) -> Machine:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": execution}
    return {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": config, **machine(Work=invoke())},
        **_leads(more),
        **more,
    }


def compares(operator: str, value: Any) -> Machine:
    return {"Variable": "$.value", operator: value, "Next": "Done"}


RIGHT: dict[str, Machine] = {
    "pass": machine(A=passes(Comment="says nothing")),
    "whole numbers as floats": machine(A=invoke(TimeoutSeconds=30.0)),
    "pass with data": {
        "Comment": "all that a Pass state has",
        "Version": "1.0",
        "TimeoutSeconds": 60,
        "QueryLanguage": "JSONPath",
        **machine(
            A={
                "Type": "Pass",
                "InputPath": "$.order",
                "Parameters": {
                    "id.$": "$.id",
                    "first.$": "$.lines[0].price",
                    "last.$": "$.lines[-1:]",
                    "cheap.$": "$.lines[?(@.price < 10 && @.kind == 'a)b')].id",
                    "every.$": "$..price",
                    "odd.$": "$['a key']['other'][3]",
                    "both.$": "$.lines[0,1]",
                    "escaped.$": "$.a\\.b",
                    "bracket.$": "$['a]b']",
                    "count.$": "$.lines.length()",
                    "started.$": "$$.Execution.StartTime",
                    "input.$": "$$.Execution.Input.order.id",
                    "deep": [{"x.$": "$.x", "constant": "$5"}],
                },
                "ResultPath": "$.shaped['by name'][0]",
                "OutputPath": "$",
                "Next": "B",
            },
            B={"Type": "Pass", "Result": {"constant": [1, None]}, "ResultPath": "$.b", "Next": "C"},
            C={"Type": "Pass", "InputPath": None, "OutputPath": None, "End": True},
        ),
    },
    "intrinsic functions": machine(
        A=passes(
            Parameters={
                "array.$": "States.Array('a, b', 1, -2.5, null, true, $.x)",
                "empty.$": "States.Array()",
                "partition.$": "States.ArrayPartition($.items,4)",
                "contains.$": "States.ArrayContains($.items, $.item)",
                "range.$": "States.ArrayRange(1, 9, 2)",
                "item.$": "States.ArrayGetItem(States.StringSplit($.arn, ':'), 5)",
                "length.$": "States.ArrayLength($.items)",
                "unique.$": "States.ArrayUnique($.items)",
                "decoded.$": "States.Base64Decode($.data)",
                "encoded.$": "States.Base64Encode('text')",
                "text.$": "States.Format('{}\\'s \\{\\} costs {}', $.name, $.list[?(@.a == ')')])",
                "hash.$": "States.Hash($.data, 'SHA-256')",
                "merged.$": "States.JsonMerge($.a, $.b, false)",
                "json.$": "States.JsonToString($)",
                "sum.$": "States.MathAdd($.n, -1)",
                "random.$": "States.MathRandom(1, 6)",
                "seeded.$": "States.MathRandom( 1 , 6 , $.seed )",
                "parsed.$": "States.StringToJson($.json)",
                "id.$": "States.UUID()",
            }
        )
    ),
    "variables": machine(
        Set={
            "Type": "Pass",
            "Assign": {"count": 0, "order.$": "$.order", "größe": {"x.$": "$.y"}},
            "Next": "Use",
        },
        Use=invoke(
            Parameters={"FunctionName": LAMBDA, "Payload": {"id.$": "$order.id", "n.$": "$count"}},
            Assign={"count.$": "States.MathAdd($count, 1)"},
        ),
    ),
    "choice": choice(
        compares("StringEquals", "a"),
        compares("StringMatches", "log-*"),
        compares("StringGreaterThanEqualsPath", "$.other"),
        compares("NumericLessThan", 10.5),
        compares("NumericEqualsPath", "$.other[0]"),
        compares("BooleanEquals", True),
        compares("TimestampGreaterThan", "2026-03-14T01:59:00Z"),
        compares("TimestampLessThanPath", "$$.Execution.StartTime"),
        compares("IsPresent", False),
        compares("IsTimestamp", True),
        {
            "Comment": "nested",
            "And": [
                {"Variable": "$.a", "IsNull": True},
                {"Or": [{"Not": {"Variable": "$.b", "IsString": True, "Comment": "inside"}}]},
            ],
            "Assign": {"found": True},
            "Next": "Done",
        },
        {"Not": {"Variable": "$.x", "NumericEquals": 0}, "Next": "Done"},
    ),
    "wait": machine(
        A={"Type": "Wait", "Seconds": 0, "Next": "B"},
        B={"Type": "Wait", "Seconds": 31_536_000, "Next": "C"},
        C={"Type": "Wait", "SecondsPath": "$.seconds", "Next": "D"},
        D={"Type": "Wait", "Timestamp": "2026-03-14T01:59:00.250+01:00", "Next": "E"},
        E={"Type": "Wait", "TimestampPath": "$.when", "End": True},
    ),
    "succeed with paths": machine(
        A={"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"},
    ),
    "fail": machine(
        Which={
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "A"}],
            "Default": "B",
        },
        A={"Type": "Fail", "Error": "Broken", "Cause": "for a reason", "Comment": "no"},
        B={
            "Type": "Fail",
            "ErrorPath": "$.error.Error",
            "CausePath": "States.Format('{}: {}', $$.Execution.Id, $.error.Cause)",
        },
    ),
    "task with everything": machine(
        A=invoke(
            Comment="calls",
            InputPath="$.order",
            Credentials={"RoleArn": "arn:aws:iam::111122223333:role/other"},
            ResultSelector={"id.$": "$.Payload.id"},
            ResultPath="$.charged",
            OutputPath="$.charged",
            TimeoutSeconds=30,
            HeartbeatSeconds=29,
            Retry=[
                {"ErrorEquals": ["OutOfStock"], "MaxAttempts": 0, "Comment": "final"},
                {
                    "ErrorEquals": ["Lambda.TooManyRequestsException", "Lambda.ServiceException"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 6,
                    "BackoffRate": 1.5,
                    "MaxDelaySeconds": 30,
                    "JitterStrategy": "FULL",
                },
                {"ErrorEquals": ["States.ALL"]},
            ],
            Catch=[
                {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "B"},
                {
                    "ErrorEquals": ["States.TaskFailed"],
                    "ResultPath": None,
                    "Assign": {"error.$": "$.Error"},
                    "Next": "B",
                },
                {"ErrorEquals": ["States.ALL"], "Next": "C"},
            ],
            Next="B",
        ),
        B=passes(),
        C={"Type": "Fail"},
    ),
    "resources": machine(
        A={"Type": "Task", "Resource": LAMBDA, "Next": "B"},
        B={"Type": "Task", "Resource": f"{LAMBDA}:live", "Next": "C"},
        C={"Type": "Task", "Resource": "${Charge}", "Next": "D"},
        D={
            "Type": "Task",
            "Resource": "arn:aws:states:eu-west-1:123456789012:activity:pack",
            "TimeoutSecondsPath": "$.seconds",
            "HeartbeatSecondsPath": "$.beat",
            "Next": "E",
        },
        E={
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:query",
            "Parameters": {"TableName": "${Table}"},
            "Next": "F",
        },
        F={
            "Type": "Task",
            "Resource": "arn:aws-cn:states:::ecs:runTask.sync",
            "Parameters": {"Cluster": "${Cluster}"},
            "Next": "G",
        },
        G={
            "Type": "Task",
            "Resource": "arn:${Partition}:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": "${Other}", "Input.$": "$"},
            "Next": "H",
        },
        H={
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": "${Topic}", "Message.$": "$.text"},
            "Next": "I",
        },
        I={
            "Type": "Task",
            "Resource": "arn:aws:states:::events:putEvents",
            "Parameters": {"Entries": [{"DetailType": "x", "Source": "y", "Detail.$": "$"}]},
            "Next": "J",
        },
        J={
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                "TableName": "${Table}",
                "Key": {"id": {"S.$": "$.id"}},
                "UpdateExpression": "SET #s = :s",
                "ExpressionAttributeNames": {"#s": "status"},
                "ExpressionAttributeValues": {":s": {"S": "paid"}},
            },
            "End": True,
        },
    ),
    "callbacks": machine(
        A=callback(Next="B"),
        B=callback(
            Resource="arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
            Parameters={"TableName": "t", "Item": {"token": {"S.$": "$$.Task.Token"}}},
            Next="C",
        ),
        C=callback(
            Resource=f"{INVOKE}.waitForTaskToken",
            Parameters={"FunctionName": LAMBDA, "Payload": {"context.$": "$$"}},
            Next="D",
        ),
        D=callback(
            Parameters={
                "QueueUrl": QUEUE,
                "MessageBody.$": "States.Format('{} {}', $.id, $$.Task.Token)",
            }
        ),
    ),
    "parallel": machine(
        Fan={
            "Type": "Parallel",
            "Branches": [
                machine(Left=passes()),
                machine(Right={"Type": "Wait", "Seconds": 1, "Next": "Last"}, Last=passes()),
            ],
            "ResultSelector": {"first.$": "$[0]", "second.$": "$[1].x"},
            "ResultPath": "$.both",
            "Retry": [{"ErrorEquals": ["States.BranchFailed"]}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry"}],
            "Next": "Done",
        },
        Sorry={"Type": "Fail"},
        Done={"Type": "Succeed"},
    ),
    "parallel with parameters": machine(
        Fan={
            "Type": "Parallel",
            "Branches": [machine(Left=passes())],
            "Parameters": {"order.$": "$.order"},
            "End": True,
        }
    ),
    "map": machine(Each=each(MaxConcurrency=5, ResultPath=None)),
    "map by path": machine(Each=each(MaxConcurrencyPath="$.many")),
    "distributed map": machine(
        Each=distributed(
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {
                    "InputType": "CSV",
                    "CSVHeaderLocation": "GIVEN",
                    "CSVHeaders": ["id", "amount"],
                    "MaxItems": 1000,
                },
                "Parameters": {"Bucket": "${Bucket}", "Key.$": "$.key"},
            },
            ItemBatcher={"MaxItemsPerBatch": 10, "BatchInput": {"run.$": "$$.Execution.Name"}},
            ResultWriter={
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": "${Bucket}", "Prefix": "out"},
            },
            Label="rows",
            MaxConcurrency=100,
            ToleratedFailurePercentage=5,
            ToleratedFailureCountPath="$.tolerated",
        )
    ),
    "express children": machine(Each=distributed("EXPRESS", ToleratedFailureCount=1)),
    "a loop with a way out": machine(
        Try=invoke(Next="Ready"),
        Ready={
            "Type": "Choice",
            "Choices": [{"Variable": "$.ready", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Pause",
        },
        Pause={"Type": "Wait", "Seconds": 5, "Next": "Try"},
        Done={"Type": "Succeed"},
    ),
    "a loop that an error ends": machine(
        Try=invoke(
            Next="Try",
            Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Done"}],
        ),
        Done={"Type": "Succeed"},
    ),
    "retries within the machine's time": {
        "TimeoutSeconds": 109,  # four attempts of 20 s, waits of 5, 8, 8 and 8 s
        **machine(
            A=invoke(
                TimeoutSeconds=16,
                Retry=[
                    {
                        "ErrorEquals": ["States.ALL"],
                        "IntervalSeconds": 5,
                        "MaxAttempts": 4,
                        "MaxDelaySeconds": 8,
                    }
                ],
            )
        ),
    },
    "a time-out after whatever else fails": machine(
        A=invoke(
            Retry=[
                {"ErrorEquals": ["States.TaskFailed"]},
                {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1},
            ]
        )
    ),
    "an answer that is not waited for twice": {
        "TimeoutSeconds": 4000,
        **machine(
            A=callback(
                Retry=[
                    {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0},
                    {"ErrorEquals": ["States.ALL"], "MaxAttempts": 3},
                ]
            )
        ),
    },
    "jsonata pass": jsonata(
        A={
            "Type": "Pass",
            "Assign": {"n": "{% $states.input.n + 1 %}", "t": "{% $states.context.State.Name %}"},
            "Output": {
                "text": '{% \'a\' & "b\\"" & $string(n / 2) %}',
                "filter": "{% $states.input.items[price > 10 and id in ['a', 'b']].id %}",
                "named": "{% `odd name`.x %}",
                "regex": "{% $match($states.input.s, /[a-z/]+\\)/i) /* a ) here */ %}",
                "object": "{% $map(items, function($v, $i) { {'i': $i, 'v': $v} }) %}",
                "bound": "{% ($total := $sum(items.price); $total * 2) %}",
                "lambda": "{% ($twice := λ($x) { $x * 2 }; $twice(2)) %}",
                "joined": "{% items@$i.{'id': $i.id} %}",
                "chain": "{% $states.input.s ~> $trim ~> $uppercase %}",
                "sort": "{% items^(>price) %}",
                "range": "{% [1..5] %}",
                "own": "{% $uuid() & $hash('x', 'SHA-256') & $parse('{}').a %}",
                "constant": 5,
                "plain": ["text", 1],
            },
            "Next": "B",
        },
        B=passes(Output="{% $n %}"),
    ),
    "jsonata task": jsonata(
        A=calls(
            Credentials={"RoleArn": "{% $states.input.role %}"},
            TimeoutSeconds=30,
            Assign={"id": "{% $states.result.Payload.id %}"},
            Output={"order": "{% $states.input %}", "result": "{% $states.result %}"},
            Retry=[{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}],
            Catch=[
                {
                    "ErrorEquals": ["States.Timeout"],
                    "Output": "{% $merge([$states.input, {'error': $states.errorOutput}]) %}",
                    "Next": "B",
                },
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"error": "{% $states.errorOutput %}"},
                    "Next": "B",
                },
            ],
            Next="B",
        ),
        B={"Type": "Succeed", "Output": {"id": "{% $id %}"}},
    ),
    "jsonata callback": jsonata(
        A={
            "Type": "Task",
            "Resource": f"{SEND}.waitForTaskToken",
            "Arguments": {
                "QueueUrl": QUEUE,
                "MessageBody": "{% {'token': $states.context.Task.Token} %}",
            },
            "HeartbeatSeconds": 60,
            "End": True,
        }
    ),
    "jsonata arguments as a whole": jsonata(A=calls(Arguments="{% $states.input.call %}")),
    "jsonata choice": jsonata(
        A={
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.input.n > 1 and $not($exists(x)) %}",
                    "Assign": {"big": True},
                    "Output": "{% $states.input %}",
                    "Next": "B",
                }
            ],
            "Default": "C",
        },
        B={"Type": "Succeed", "Output": "{% $big %}"},
        C={"Type": "Fail", "Error": "{% $states.input.error %}", "Cause": "Small"},
    ),
    "jsonata wait": jsonata(
        A={"Type": "Wait", "Seconds": "{% $states.input.seconds %}", "Next": "B"},
        B={"Type": "Wait", "Timestamp": "{% $now() %}", "Next": "C"},
        C={"Type": "Wait", "Seconds": 5, "Assign": {"waited": True}, "Output": {}, "End": True},
    ),
    "jsonata parallel": jsonata(
        A={
            "Type": "Parallel",
            "Arguments": {"x": "{% $states.input.x %}"},
            "Branches": [machine(Left=passes(Output={"x": 1})), machine(Right=passes())],
            "Output": "{% $states.result[0] %}",
            "End": True,
        }
    ),
    "jsonata map": jsonata(
        A={
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemSelector": {"item": "{% $states.context.Map.Item.Value %}"},
            "ItemProcessor": machine(Work=passes(Output="{% $states.input.item %}")),
            "MaxConcurrency": 2,
            "Output": "{% $states.result %}",
            "End": True,
        }
    ),
    "jsonata numbers by expression": jsonata(
        A=calls(
            TimeoutSeconds="{% $states.input.seconds %}",
            HeartbeatSeconds="{% $states.input.beat %}",
        )
    ),
    "jsonata output of any kind": jsonata(
        A={"Type": "Pass", "Output": 1, "Next": "B"},
        B={"Type": "Pass", "Output": [None, True], "Next": "C"},
        C=passes(Output=None),
    ),
    "one jsonata state": machine(
        A={"Type": "Pass", "Parameters": {"x.$": "$.x"}, "Next": "B"},
        B=passes(QueryLanguage="JSONata", Output="{% $states.input.x %}"),
    ),
}


EXPRESS: dict[str, Machine] = {
    "short": {"TimeoutSeconds": 300, **machine(A=invoke(TimeoutSeconds=30))},
    "without time-out": machine(A=invoke()),
}

BEYOND_CFN_LINT = {
    "parallel with parameters": "its schema has none in Parallel",
    "jsonata output of any kind": "its schema takes text and objects only",
    "succeed with paths": "its schema has no InputPath and OutputPath in Succeed",
    "resources": "its pattern of ARNs knows neither placeholders nor other partitions",
    "jsonata numbers by expression": "its schema takes numbers only",
}
"""Right by AWS's documentation, and why cfn-lint's schema refuses them."""
