"""Mapping templates: read whole or refused, and rendered as API Gateway does."""

import json
from typing import Any

import pytest

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
        ("#set($x = {'l': ['a'], 'n': $unknown})$x", '{l=["a"], n=null}'),
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
        ("#set($x = 1)#set($x = $input.path('$.none'))$x", "1"),
        ("#set($x = {'a': [1, 2]})#set($x.b = 3)$x.a[1]$x.b$x.size()", "232"),
        ("#set($x = [1, 'b'])$x.size() $x.get(1) $x[7]", "2 b "),
        ("#set($x = 2 + 3 * 4 - (1 + 1) * 2)$x", "10"),
        ("#set($x = 7 / 2)#set($y = -7 % 2)$x $y", "3 -1"),
        ("#set($x = 7 / 0)|$x", "|"),
        ("#set($x = 'a' + 1)$x", "a1"),
        ("#if(true)a#{else}b#{end}c", "ac"),
        ("#if($input.path('$.none'))a#elseif('')b#else c#end", "b"),
        ("#if(!$input.path('$.yes') || 1 > 2)a#else b#end", " b"),
        ("#if(1 == 1 && 'a' != 'b' && 2 >= 2 && 1 le 1 and 3 gt 2)a#end", "a"),
        ("#if($input.path('$.none') && $input.path('$.n').size().y)a#end", ""),
        ("#foreach($i in $input.path('$.list'))$i#if($foreach.hasNext),#end#end", "a,b"),
        ("#foreach($i in [1, 2])$foreach.index$velocityCount#end $i", "0112 "),
        ("#set($i = 'kept')#foreach($i in {'a': 1})$i#end$i", "1kept"),
        ("#foreach($e in $input.path('$.in.z').entrySet())$e.key=$e.value#end", "id=deep"),
        ("#foreach($i in $input.path('$.none'))x#end", ""),
        ("  #set($x = 1)  \n  a\n", "  a\n"),
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


def test_a_text_in_json_survives_whatever_is_in_it() -> None:
    escaped = "$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\")"
    text = _rendered(f'{{"input": "{escaped}"}}')
    assert json.loads(json.loads(text)["input"]) == BODY


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
        ("#macro(m)x#end", "line 1: #macro is not served"),
        ("a\n#include('x')", "line 2: #include is not served"),
        ("#if(true)a", "#if without its #end"),
        ("#foreach($i in [1])a", "#foreach without its #end"),
        ("a#end", "#end without its beginning"),
        ("#if(true)a#else b#else c#end", "#if without its #end"),
        ("#set(x = 1)", "a variable is missing"),
        ("#set($x 1)", "'=' is missing before '1)'"),
        ("#set($x = )", "a value is missing before ')'"),
        ("#set($x = 'a)", "begins with ' and does not end"),
        ("#set($x = [1 2])", "']' is missing"),
        ("${input.body", "does not end"),
        ("$util.sort($x)", "$util.sort($x) is not served. Allowed: base64Decode"),
        ("$input", "$input is not served. Allowed: body, json"),
        ("$input.body.chars()", "chars() is not served"),
        ("#if($x.foo())a#end", "foo() is not served"),
        ("$input.json('n')", "is no JSONPath"),
        ("$input.json('$..n')", "are served in a JSONPath"),
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
