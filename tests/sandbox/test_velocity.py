"""Mapping templates: read whole or refused, and rendered as API Gateway does."""

import json
from typing import Any

import pytest

from components.state_machine.triggers import api_document
from sandbox.velocity import BadBody, Request, TemplateError, check, render

BODY = {
    "id": 'it\'s "é" a/b\n\\',
    "n": 7,
    "yes": True,
    "none": None,
    "list": ["a", "b"],
    "in": {"x y": 1, "z": {"id": "deep"}},
    "all": [{"id": 1}, {"id": 2}, {}],
}
REQUEST = Request(
    body=json.dumps(BODY),
    path={"id": "from-path", "p": "1"},
    querystring={"id": "from-query", "q": "2"},
    header={"X-Token": "3", "id": "from-header"},
    context={"requestId": "r-1", "identity": {"sourceIp": "192.0.2.1"}},
    stage_variables={"tier": "gold"},
)


def _rendered(template: str, request: Request = REQUEST) -> str:
    check(template)
    return render(template, request)[0]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain $ text, 5$, #1, #fff", "plain $ text, 5$, #1, #fff"),
        ("a$unknown|$!unknown|${unknown.x.size()}b", "a||b"),
        ("a## to the end\nb#* and\nlonger *#c", "abc"),
        ("$input.path('$.n') $input.path('$.yes') $input.path('$.none')", "7 true "),
        ("${input.path('$.n')}0", "70"),
        ("$input.json('$.id')", json.dumps(BODY["id"], ensure_ascii=False)),
        ("$input.json('$.none')$input.json('$.a.b')", '""""'),
        ("$input.json('$.list')", '["a","b"]'),
        ("$input.path('$.in')", "{x y=1, z={id=deep}}"),
        ("$input.path('$.all')", '[{"id":1},{"id":2},{}]'),
        ("#set($x = {'l': ['a'], 'n': $unknown})$x", '{l=["a"], n=}'),
        ("$input.json(\"$['in']['x y']\")", "1"),
        ("$input.json('$.list[1]') $input.json('$.list[9]')", '"b" ""'),
        ("$input.json('$.all[*].id')", "[1,2]"),
        ("$input.json('$.in.z.*')", '["deep"]'),
        ("$input.params('id') $input.params('q') $input.params('x-token')", "from-path 2 3"),
        ("$input.params('none')|$input.params().header.get('id')", "|from-header"),
        ("$input.params().path.p $input.params().querystring['q']", "1 2"),
        ("$context.requestId $context.identity.sourceIp $context.none", "r-1 192.0.2.1 "),
        ("$stageVariables.tier", "gold"),
        ("$util.urlEncode('a b&ü') $util.urlDecode('a+b%26')", "a+b%26%C3%BC a b&"),
        ("$util.base64Encode('ab') $util.base64Decode('YWI=')", "YWI= ab"),
        ("$util.parseJson('{\"a\": [1, 2]}').a[1]", "2"),
        ("$util.escapeJavaScript('a\"/é\n')", 'a\\"\\/\\u00E9\\n'),
        ('$util.escapeJavaScript("it\'s")', "it\\'s"),
        ("$util.escapeJavaScript($input.path('$.none'))", ""),
        ("#set($x = \"n is $input.path('$.n')\")$x", "n is 7"),
        ("#set($x = 'n is $n')$x", "n is $n"),
        ('#set($x = "say ""hi""")$x', 'say "hi"'),
        ("#set($x = 1)#set($x = $input.path('$.none'))$x", ""),
        ("#set($x = {'a': [1, 2]})#set($x.b = 3)$x.a[1]$x.b$x.size()", "232"),
        ("#set($x = [1, 'b'])$x.size() $x.get(1) $x[7]", "2 b "),
        ("#set($x = 2 + 3 * 4 - (1 + 1) * 2)$x", "10"),
        ("#set($x = 7 / 2)#set($y = -7 % 2)$x $y", "3 -1"),
        ("#set($x = 7.0 / 2)$x", "3.5"),
        ("#set($x = [1..3])$x[2]#foreach($i in [3..1])$i#end", "3321"),
        ("#set($x = 'a' + 1)$x", "a1"),
        ("#if(true)a#{else}b#{end}c", "ac"),
        ("#if($unknown && '')a#end#if(false || $unknown)b#end", "ab"),
        ("#if(false)a#elseif('')b#else c#end", "b"),
        ("#if($input.path('$.none') == '')a#end#if($unknown.x != '')b#end", "a"),
        ("#if(!$input.path('$.yes') || 1 > 2)a#else b#end", " b"),
        ("#if(1 == 1 && 'a' != 'b' && 2 >= 2 && 1 le 1 and 3 gt 2)a#end", "a"),
        ("#if($input.path('$.none').size() > 0)a#end#if('a' > 1)b#end", ""),
        ("#foreach($i in $input.path('$.list'))$i#if($foreach.hasNext),#end#end", "a,b"),
        ("#foreach($i in [1, 2])$foreach.index$velocityCount#end $i", "0112 "),
        ("#set($i = 'kept')#foreach($i in {'a': 1})$i#end$i", "1kept"),
        ("#foreach($e in $input.path('$.in.z').entrySet())$e.key=$e.value#end", "id=deep"),
        ("#foreach($i in $input.path('$.none'))x#end#foreach($i in 'ab')$i#end", ""),
        ("#foreach($i in [1, 2])#set($last = $i)#end$last", "2"),
        ("$input.path('$').items|$input.path('$.list').count|$input.body.title", "||"),
        ("#foreach($i in $input.path('$').items)x#end", ""),
        ("#set($i = 1)$input.path('$.list')[$i]$input.path('$.list')[9]", "b"),
        ("#set($x = 1)  \n  a\n", "  a\n"),
        ("#if(true)\n  a\n#end\nb", "  a\nb"),
    ],
)
def test_a_template_is_rendered(template: str, text: str) -> None:
    assert _rendered(template) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("replaceAll('[ab]+(c)', '<$1>')", "<c>x"),
        ("replaceAll('x', '\\$1')", "aabc$1"),
        ("replace('a', '.')", "..bcx"),
        ("substring(1, 3)", "ab"),
        ("substring(4)", "x"),
        ("split('b').size()", "2"),
        ("toUpperCase().toLowerCase().trim().length()", "5"),
        ("concat('y').endsWith('xy')", "true"),
        ("startsWith('b')", "false"),
        ("contains('bc')", "true"),
        ("indexOf('b')", "2"),
        ("matches('a+')", "false"),
        ("equals('aabcx')", "true"),
        ("equalsIgnoreCase('AABCX')", "true"),
        ("isEmpty()", "false"),
        ("toString()", "aabcx"),
        ("containsKey('a')", ""),
    ],
)
def test_texts_have_javas_methods(call: str, text: str) -> None:
    assert _rendered(f"#set($t = 'aabcx')$!t.{call}") == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("#if($unknown)a#end#if(!$unknown)b#end", "a"),
        ("#if($input.path('$.none'))a#end#if(!$input.path('$.none'))b#end", "a"),
        ("#if(${a.b.c})a#end", "a"),
        ("#set($m = {})#set($x = $m.put('k', null))#if(\"$m.k\" == '')a#end", "a"),
        ("Hello #if(true)you#end here", "Hello you here"),
    ],
)
def test_api_gateway_has_an_empty_and_true_text_for_what_is_missing(
    template: str, text: str
) -> None:
    # As recorded from API Gateway in localstack/airspeed, tests/test_templating.snapshot.json.
    assert _rendered(template) == text


@pytest.mark.parametrize("attribute", ["__class__", "items", "format", "copy", "bit_length"])
@pytest.mark.parametrize("value", ["'a'", "1", "[1]", "{'a': 1}", "$util.parseJson('{}')"])
def test_pythons_attributes_are_out_of_reach(value: str, attribute: str) -> None:
    assert render(f"#set($x = {value})$x.{attribute}|$x.{attribute}()", REQUEST)[0] == "|"


def test_a_text_in_json_survives_whatever_is_in_it() -> None:
    text = _rendered(f'{{"input": "{api_document._INPUT}"}}')
    assert json.loads(json.loads(text)["input"]) == BODY


@pytest.mark.parametrize(
    ("template", "answer", "status", "text"),
    [
        (api_document._STARTED, {"executionArn": "arn:x"}, None, {"executionArn": "arn:x"}),
        (api_document._FINISHED, {"status": "SUCCEEDED", "output": '{"a": 1}'}, None, {"a": 1}),
        (
            api_document._FINISHED,
            {"status": "TIMED_OUT", "executionArn": "arn:x"},
            504,
            {"executionArn": "arn:x", "error": "States.Timeout"},
        ),
        (
            api_document._FINISHED,
            {"status": "FAILED", "executionArn": "arn:x", "error": "Sold"},
            500,
            {"executionArn": "arn:x", "error": "Sold"},
        ),
        (api_document._REFUSED, {"__type": "a#ThrottlingException"}, 429, None),
        (api_document._REFUSED, {"__type": "a#InvalidExecutionInput"}, 400, None),
        (api_document._REFUSED, {"__type": "a#AccessDeniedException"}, None, None),
        (api_document._REFUSED, {}, None, None),
    ],
)
def test_the_components_templates_answer(
    template: str, answer: dict[str, str], status: int | None, text: object
) -> None:
    check(template)
    found, override = render(template, Request(body=json.dumps(answer)))
    assert override.get("status") == status
    assert json.loads(found) == (text or {"message": "The execution could not be started"})


def test_what_the_template_overrides_is_told() -> None:
    template = (
        "#set($context.responseOverride.status = 409)"
        "#set($context.responseOverride.header.X-Why = 'sold')"
    )
    check(template)
    text, override = render(template, REQUEST)
    assert (text, override) == ("", {"status": 409, "header": {"X-Why": "sold"}})


def test_a_body_that_is_no_json_is_the_callers_mistake() -> None:
    with pytest.raises(BadBody, match="Could not parse request body into json"):
        render("$input.json('$')", Request(body="{"))
    assert render("$input.body", Request(body="{"))[0] == "{"
    assert render("$input.json('$')", Request(body=""))[0] == "{}"
    assert render("$input.body", Request(body=""))[0] == "{}"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("a\n#include('x')", "line 2: #include is not served"),
        ("#evaluate($x)", "line 1: #evaluate is not served"),
        ("#macro(m)x#end", "line 1: #macro is not served"),
        ("a #m(1)", "line 1: #m is not served"),
        ("#if(true)a", "line 1, column 11: expected #else, #elseif or #end"),
        ("#if true", "line 1: #if cannot be read"),
        ("\n#{if}(true)a", "line 2: #{if cannot be read"),
        ("#foreach($i in [1])a", "expected #end in foreach"),
        ("a\n#end", "line 2, column 1: expected block element"),
        ("#if(true)a#else b#else c#end", "got: #else c#end"),
        ("#set(x = 1)", "expected assignment in set directive"),
        ("#set($x 1)", "expected = in assignment"),
        ("#set($x = )", "expected expression in assignment"),
        ("#set($x = 'a)", "expected expression in assignment"),
        ("#set($x = [1 2])", "expected ] in array literal"),
        ("${input.body", "expected } in formal reference"),
        ("$util.sort($x)", "$util.sort($x) is not served. Allowed: base64Decode"),
        ('a\n#set($x = "b\n$util.sort($y)")', "line 3: $util.sort($y) is not served"),
        ("#if(true)#if((1 == 1) && $util.x())#end#end", "$util.x() is not served"),
        ("#if(false)#else$util.x()#end", "$util.x() is not served"),
        ("$input", "$input is not served. Allowed: body, json"),
        ("$input.json", "$input.json is not served"),
        ("$input.body.chars()", "chars() is not served"),
        ("#if($x.foo())a#end", "foo() is not served"),
        ("$input.json('n')", "is no JSONPath"),
        ("$input.json('$..n')", "are served"),
        ("#set($input.body = 1)", "$input.body cannot be set"),
        ("#set($context.requestOverride.path.id = 1)", "cannot be set"),
        ("#set($context.stage = 1)", "cannot be set"),
    ],
)
def test_what_is_not_served_is_refused(template: str, problem: str) -> None:
    with pytest.raises(TemplateError) as error:
        check(template)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    "template",
    [
        "$util.parseJson('{')",
        "$input.path('$').get()",
        "$input.json()",
        "#set($x = [1])$x.get(5)",
        "#set($x = 1)#set($x.y = 2)",
        "#set($x = 7 / 0)",
        "#set($t = 'a')$t.matches('(')",
    ],
)
def test_what_goes_wrong_while_rendering_is_told(template: str) -> None:
    check(template)
    with pytest.raises(TemplateError):
        render(template, REQUEST)


def test_a_template_leaves_the_request_as_it_was() -> None:
    context: dict[str, Any] = {"stage": "dev"}
    request = Request(body="{}", context=context)
    render("#set($context.responseOverride.status = 1)", request)
    assert context == {"stage": "dev"}
