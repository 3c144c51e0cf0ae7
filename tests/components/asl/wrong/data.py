"""Paths, intrinsic functions, variables and expressions."""

from ..machines import LAMBDA, calls, each, jsonata, machine, passes
from .case import Wrong, expr, one, path

PATHS = [
    Wrong(
        one(passes(InputPath="order")), "state 'A', InputPath: 'order' is no path. A path starts"
    ),
    Wrong(one(passes(OutputPath="$.a.")), "state 'A', OutputPath: '$.a.' has no name after '.'."),
    Wrong(one(passes(InputPath=5)), "state 'A', InputPath: must be a path such as", "not 5"),
    Wrong(one(passes(InputPath="$a b")), "state 'A', InputPath: '$a b' goes wrong at ' b'."),
    Wrong(one(passes(InputPath="$.a b")), "state 'A', InputPath: '$.a b' goes wrong at ' b'."),
    Wrong(one(passes(InputPath="$. b")), "state 'A', InputPath: '$. b' has a blank in a name."),
    Wrong(
        one(passes(InputPath="$.a[1")), "state 'A', InputPath: '$.a[1' is cut off: ']' is missing"
    ),
    Wrong(one(passes(InputPath="$['a")), "state 'A', InputPath: ", "the quote ' is missing"),
    Wrong(one(passes(InputPath="$.a[b]")), "state 'A', InputPath: '$.a[b]' has [b]. In brackets"),
    Wrong(one(passes(InputPath="$.a[]")), "state 'A', InputPath: '$.a[]' has []. In brackets"),
    Wrong(
        one(passes(InputPath="$.a[?@.b]")), "state 'A', InputPath: ", "has a filter that is none"
    ),
    Wrong(one(passes(ResultPath="$.a[*]")), "state 'A', ResultPath: '$.a[*]' is no reference path"),
    Wrong(one(passes(ResultPath="$..a")), "state 'A', ResultPath: '$..a' is no reference path"),
    Wrong(one(passes(ResultPath="$.a[0,1]")), "state 'A', ResultPath: ", "no reference path"),
    Wrong(one(passes(ResultPath="$.a[0:1]")), "state 'A', ResultPath: ", "no reference path"),
    Wrong(one(passes(ResultPath="$.a[?(@.b)]")), "state 'A', ResultPath: ", "no reference path"),
    Wrong(one(passes(ResultPath="$['a','b']")), "state 'A', ResultPath: ", "no reference path"),
    Wrong(one(passes(ResultPath="$.*")), "state 'A', ResultPath: '$.*' is no reference path"),
    Wrong(one(passes(ResultPath="$$.x")), "state 'A', ResultPath: '$$.x' cannot be written to."),
    Wrong(one(passes(ResultPath="$x")), "state 'A', ResultPath: '$x' cannot be written to."),
    Wrong(
        one({"Type": "Wait", "SecondsPath": "seconds", "End": True}),
        "state 'A', SecondsPath: 'seconds' is no path.",
    ),
    Wrong(
        one({"Type": "Wait", "TimestampPath": "$.list.length()", "End": True}),
        "state 'A', TimestampPath: ",
        "calls length(), which a reference path cannot",
    ),
    Wrong(
        one(each(ItemsPath="$.items[*]")),
        "state 'A', ItemsPath: '$.items[*]' is no reference path",
        warning=True,
    ),
    Wrong(one(each(ItemsPath=None)), "state 'A', ItemsPath: must be a path such as", "not null"),
    Wrong(one(passes(Parameters=[])), "state 'A', Parameters: must be an object, not an array."),
    Wrong(
        path("x.$", 5), "state 'A', Parameters.x.$: must be a path or an intrinsic function", "5"
    ),
    Wrong(path("x.$", "abc"), "state 'A', Parameters.x.$: 'abc' is neither a path nor"),
    Wrong(path("x.$", "$.a["), "state 'A', Parameters.x.$: '$.a[' is cut off"),
    Wrong(
        one(passes(Parameters={"x": 1, "x.$": "$.x"})),
        "state 'A', Parameters.x.$: stands beside 'x'. Keep one of the two.",
    ),
    Wrong(
        path("x", [{"y": "$.order.id"}]),
        "state 'A', Parameters.x[0].y: '$.order.id' stays text",
        "Write 'y.$' if the value is meant.",
        warning=True,
    ),
    Wrong(path("x", "$$.Execution.Id"), "state 'A', Parameters.x: ", "stays text", warning=True),
    Wrong(path("x", "States.UUID()"), "state 'A', Parameters.x: ", "stays text", warning=True),
    Wrong(
        path("x", "{% $y %}"), "state 'A', Parameters.x: stays text: '{% %}' works", warning=True
    ),
    Wrong(
        one(passes(Result={"x": "$.y"})),
        "state 'A', Result.x: '$.y' stays text: Result is taken as it stands.",
        warning=True,
    ),
    Wrong(
        path("x.$", "$$.Exection.Id"),
        "state 'A', Parameters.x.$: the context object has no $$.Exection. Did you mean "
        "'Execution'?",
    ),
    Wrong(
        path("x.$", "$$.Execution.Nam"),
        "state 'A', Parameters.x.$: the context object has no $$.Execution.Nam.",
        "Did you mean 'Name'?",
    ),
    Wrong(path("x.$", "$$.Map.Item.Vlaue"), "state 'A', Parameters.x.$: ", "mean 'Value'?"),
    Wrong(
        machine(
            A={"Type": "Pass", "Assign": {"total": 1}, "Next": "B"}, B=passes(InputPath="$totl")
        ),
        "state 'B', InputPath: no state assigns the variable '$totl'. Did you mean '$total'?",
    ),
    Wrong(
        path("x.$", "States.Array($order)"),
        "state 'A', Parameters.x.$: no state assigns the variable '$order'. For the input write",
    ),
    Wrong(one(passes(Assign=[])), "state 'A', Assign: must be an object of variable names"),
    Wrong(
        one(passes(Assign={"states": 1})), "state 'A', Assign.states: the name 'states' is reserved"
    ),
    Wrong(one(passes(Assign={"a.b": 1})), "state 'A', Assign.a.b: is no name of a variable."),
    Wrong(one(passes(Assign={"1a.$": "$.a"})), "state 'A', Assign.1a.$: is no name of a variable."),
    Wrong(one(passes(Assign={"a.$": "x"})), "state 'A', Assign.a.$: 'x' is neither a path nor"),
]
INTRINSICS = [
    Wrong(
        path("x.$", "States.Fromat('{}', $.x)"),
        "state 'A', Parameters.x.$: 'States.Fromat' is no intrinsic function. Did you mean "
        "'States.Format'?",
    ),
    Wrong(
        path("x.$", "States.UUID(1)"),
        "state 'A', Parameters.x.$: States.UUID takes 0 arguments, not 1.",
    ),
    Wrong(
        path("x.$", "States.MathRandom(1)"), "state 'A', Parameters.x.$: ", "takes 2 or 3 arguments"
    ),
    Wrong(
        path("x.$", "States.Format()"), "state 'A', Parameters.x.$: ", "takes 1 or more arguments"
    ),
    Wrong(
        path("x.$", "States.Format('{} {}', $.x)"),
        "state 'A', Parameters.x.$: States.Format has 2 {} in '{} {}' and 1 values",
    ),
    Wrong(
        path("x.$", "States.Format('{}, $.x)"),
        "state 'A', Parameters.x.$: ",
        "a quote ' is missing",
    ),
    Wrong(path("x.$", "States.Array($.x"), "state 'A', Parameters.x.$: ", "')' is missing"),
    Wrong(path("x.$", "States.Array(1 2)"), "state 'A', Parameters.x.$: ", "goes wrong at '1 2)'"),
    Wrong(path("x.$", "States.Array(1,)"), "state 'A', Parameters.x.$: ", "a comma before ')'"),
    Wrong(
        path("x.$", "States.Array(1) + 1"), "state 'A', Parameters.x.$: ", "goes on after the call"
    ),
    Wrong(
        path("x.$", "States.Array(a)"),
        "state 'A', Parameters.x.$: ",
        "Arguments are 'text', numbers",
    ),
    Wrong(path("x.$", "States.Array($.a.)"), "state 'A', Parameters.x.$: '$.a.' has no name after"),
    Wrong(
        path("x.$", "States.Hash('x', 'SHA256')"), "state 'A', Parameters.x.$: ", "mean 'SHA-256'?"
    ),
    Wrong(
        path("x.$", "States.JsonMerge($.a, $.b, true)"),
        "state 'A', Parameters.x.$: ",
        "must be false",
    ),
    Wrong(
        path("x.$", "States.Array(" * 11 + ")" * 11),
        "state 'A', Parameters.x.$: ",
        "nests more than 10 functions",
    ),
    Wrong(
        one({"Type": "Fail", "CausePath": "States.Array($.a)"}),
        "state 'A', CausePath: 'States.Array($.a)' gives no text. Here there is",
    ),
    Wrong(
        one({"Type": "Fail", "ErrorPath": "States.Format('{}')"}),
        "state 'A', ErrorPath: States.Format has 1 {}",
    ),
]
JSONATA = [
    Wrong(
        jsonata(A=passes(Output="{% $states.input")),
        "state 'A', Output: '{% $states.input' is cut off: an expression ends in '%}'.",
    ),
    Wrong(jsonata(A=passes(Output="{%}")), "state 'A', Output: '{%}' is cut off"),
    Wrong(expr(""), "state 'A', Output: the expression is empty."),
    Wrong(expr("$sum((1, 2)"), "state 'A', Output: the expression is cut off: ')' is missing."),
    Wrong(expr("[1, 2)"), "state 'A', Output: the expression closes ')' that is not open."),
    Wrong(expr("{'a': 1"), "state 'A', Output: the expression is cut off: '}' is missing."),
    Wrong(expr("'a"), "state 'A', Output: the expression is cut off: the quote ' is missing."),
    Wrong(expr("`a"), "state 'A', Output: the expression is cut off: the quote ` is missing."),
    Wrong(expr("1 /* x"), "state 'A', Output: ", "the end of the comment */ is missing"),
    Wrong(expr("1 ~ 2"), "state 'A', Output: the expression has '~', which JSONata does not know."),
    Wrong(
        expr("$match(x, /a)"), "state 'A', Output: the expression has a '/' that neither divides"
    ),
    Wrong(expr("$states.inptu.x"), "state 'A', Output: there is no $states.inptu.", "'input'?"),
    Wrong(
        expr("$states.context.Execution.Idd"),
        "state 'A', Output: the context object has no $states.context.Execution.Idd.",
    ),
    Wrong(
        expr("$states.result"), "state 'A', Output: $states.result is known in Output and Assign"
    ),
    Wrong(
        jsonata(A=calls(Arguments={"FunctionName": LAMBDA, "Payload": "{% $states.result %}"})),
        "state 'A', Arguments.Payload: $states.result is known in Output and Assign",
    ),
    Wrong(
        jsonata(A=calls(Output="{% $states.errorOutput %}")),
        "state 'A', Output: $states.errorOutput is known in Catch only.",
    ),
    Wrong(expr("$eval('1')"), "state 'A', Output: Step Functions has no $eval. Use $parse"),
    Wrong(
        expr("$uppercse('a')"), "state 'A', Output: there is no function $uppercse.", "$uppercase?"
    ),
    Wrong(
        expr("$order"), "state 'A', Output: no state assigns the variable '$order'.", warning=True
    ),
    Wrong(
        jsonata(A=passes(Output={"x.$": "{% 1 %}"})),
        "state 'A', Output.x.$: ends in '.$', which JSONPath states alone have.",
        "Write 'x' with",
    ),
    Wrong(
        jsonata(A=passes(Output="Hello {% $states.input %}")),
        "state 'A', Output: 'Hello {% $states.input %}' stays text",
        warning=True,
    ),
    Wrong(
        jsonata(A=passes(Output={"x": ["$.order.id"]})),
        "state 'A', Output.x[0]: '$.order.id' stays text: this state is JSONata.",
        warning=True,
    ),
    Wrong(jsonata(A=calls(Arguments=5)), "state 'A', Arguments: must be an object or a {% %}"),
    Wrong(
        jsonata(A={"Type": "Map", "Items": 5, "ItemProcessor": machine(B=passes()), "End": True}),
        "state 'A', Items: must be an array, an object or a {% %} expression, not 5.",
    ),
]
