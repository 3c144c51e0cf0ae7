"""A failed function tells its error's class."""

import io
import json
import zipfile

import pytest

from .world import World

pytestmark = pytest.mark.sandbox

CODE = """
class OutOfStock(Exception):
    pass

def handler(event, context):
    raise OutOfStock("none left")
"""


def test_the_error_type_is_the_class_that_was_raised(world: World) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", CODE)
    functions = world.client("lambda")
    functions.create_function(
        FunctionName="fails",
        Runtime="python3.12",
        Role=world.role("fails", trust=trust),
        Handler="handler.handler",
        Code={"ZipFile": buffer.getvalue()},
    )
    answer = functions.invoke(FunctionName="fails")
    assert answer["FunctionError"]
    assert json.load(answer["Payload"])["errorType"] == "OutOfStock"
