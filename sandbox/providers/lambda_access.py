"""Who may call a function: statements of its policy, and its own URL."""

import json
import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider, auto_name
from .common import ignoring, one_of, present, within
from .lambda_common import GONE, check_servable, split_function

POLICY_LIMIT = 20 * 1024
"""Bytes of a function's policy (Lambda developer guide, "Lambda quotas")."""
AUTH_TYPES = ("AWS_IAM", "NONE")
_METHODS = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")
_STATEMENT = re.compile(r"^[\w-]{1,100}$", re.ASCII)
_ACTION = re.compile(r"^(lambda:[A-Za-z*]+|\*)$")
_PRINCIPAL = re.compile(r"^(\*|\d{12}|arn:[\w-]+:(iam|sts)::\S+|[a-z0-9.-]+\.[a-z]+)$")
_ORGANISATION = re.compile(r"^o-[a-z0-9]{10,32}$")


class PermissionInputs(Inputs):
    """Inputs of one statement."""

    action: str
    function: str
    principal: str
    event_source_token: str | None = None
    function_url_auth_type: str | None = None
    invoked_via_function_url: bool | None = None
    principal_org_id: str | None = None
    qualifier: str | None = None
    source_account: str | None = None
    source_arn: str | None = None
    statement_id: str | None = None
    statement_id_prefix: str | None = None


class Permission(Provider[PermissionInputs]):
    """One statement of a function's policy; another one is another resource."""

    token = "aws:lambda/permission:Permission"
    inputs = PermissionInputs
    replaces = frozenset(field.alias or "" for field in PermissionInputs.model_fields.values())
    outputs = frozenset({"statementId"})

    def check(self, name: str, properties: Mapping[str, Any]) -> PermissionInputs:
        inputs = super().check(name, properties)
        split_function("function", inputs.function)
        for field, value, pattern in (
            ("action", inputs.action, _ACTION),
            ("principal", inputs.principal, _PRINCIPAL),
            ("statementId", inputs.statement_id, _STATEMENT),
            ("principalOrgId", inputs.principal_org_id, _ORGANISATION),
            ("sourceAccount", inputs.source_account, re.compile(r"^\d{12}$")),
            ("sourceArn", inputs.source_arn, re.compile(r"^arn:\S+$")),
        ):
            if value is not None and not pattern.match(value):
                raise ValueError(f"{field}={value!r} is not what Lambda takes ({pattern.pattern}).")
        if inputs.function_url_auth_type is not None:
            one_of("functionUrlAuthType", inputs.function_url_auth_type, AUTH_TYPES)
            if inputs.action != "lambda:InvokeFunctionUrl":
                raise ValueError("functionUrlAuthType needs action lambda:InvokeFunctionUrl.")
        if inputs.invoked_via_function_url and inputs.action != "lambda:InvokeFunction":
            raise ValueError("invokedViaFunctionUrl needs action lambda:InvokeFunction.")
        return inputs

    def create(self, name: str, inputs: PermissionInputs) -> tuple[str, Outputs]:
        function, qualifier = split_function("function", inputs.function)
        statement = inputs.statement_id or auto_name(
            name, limit=100, prefix=inputs.statement_id_prefix
        )
        check_servable("statementId", statement)
        where = present(FunctionName=function, Qualifier=inputs.qualifier or qualifier)
        client = self.context.client("lambda")
        client.add_permission(
            **where,
            StatementId=statement,
            Action=inputs.action,
            Principal=inputs.principal,
            **present(
                EventSourceToken=inputs.event_source_token,
                FunctionUrlAuthType=inputs.function_url_auth_type,
                InvokedViaFunctionUrl=inputs.invoked_via_function_url,
                PrincipalOrgID=inputs.principal_org_id,
                SourceAccount=inputs.source_account,
                SourceArn=inputs.source_arn,
            ),
        )
        outputs: Outputs = {"statementId": statement, "where": where}
        size = len(json.dumps(json.loads(client.get_policy(**where)["Policy"])))
        if size > POLICY_LIMIT:
            self.delete(statement, outputs)
            raise ValueError(
                f"the policy of {function} would have {size} bytes; Lambda takes {POLICY_LIMIT}. "
                "Let one statement cover several sources, such as all routes of an API."
            )
        return statement, outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("lambda").remove_permission(**outputs["where"], StatementId=id)


class Cors(Inputs):
    """What Lambda tells browsers."""

    allow_credentials: bool = False
    allow_headers: list[str] = []
    allow_methods: list[str] = []
    allow_origins: list[str] = []
    expose_headers: list[str] = []
    max_age: int = 0


class UrlInputs(Inputs):
    """Inputs of a URL."""

    authorization_type: str
    function_name: str
    qualifier: str | None = None
    invoke_mode: str = "BUFFERED"
    cors: Cors | None = None


class FunctionUrl(Provider[UrlInputs]):
    """A function's own address."""

    token = "aws:lambda/functionUrl:FunctionUrl"
    inputs = UrlInputs
    replaces = frozenset({"functionName", "qualifier"})
    outputs = frozenset({"functionArn", "functionUrl", "urlId"})

    def check(self, name: str, properties: Mapping[str, Any]) -> UrlInputs:
        inputs = super().check(name, properties)
        split_function("functionName", inputs.function_name)
        one_of("authorizationType", inputs.authorization_type, AUTH_TYPES)
        one_of("invokeMode", inputs.invoke_mode, ("BUFFERED", "RESPONSE_STREAM"))
        if inputs.qualifier is not None and (
            inputs.qualifier.isdigit() or inputs.qualifier == "$LATEST"
        ):
            raise ValueError(
                f"qualifier={inputs.qualifier!r}: a URL belongs to an alias or to none."
            )
        if inputs.cors is not None:
            for method in inputs.cors.allow_methods:
                one_of("cors.allowMethods", method, _METHODS)
            within("cors.maxAge", inputs.cors.max_age, 0, 86_400)
        return inputs

    def create(self, name: str, inputs: UrlInputs) -> tuple[str, Outputs]:
        function = split_function("functionName", inputs.function_name)[0]
        where = present(FunctionName=function, Qualifier=inputs.qualifier)
        made = self.context.client("lambda").create_function_url_config(**where, **_url(inputs))
        self._open(where, inputs)
        url = made["FunctionUrl"].partition("://")[2].partition(".")[0]
        id = f"{function}/{inputs.qualifier}" if inputs.qualifier else function
        arn = made["FunctionArn"]
        return id, {
            "functionArn": f"{arn}:{inputs.qualifier}" if inputs.qualifier else arn,
            "functionUrl": f"{self.context.endpoint}/_aws/lambda-url/{url}/",
            "urlId": url,
            "where": where,
        }

    def update(self, id: str, old: UrlInputs, new: UrlInputs, outputs: Outputs) -> Outputs:
        client = self.context.client("lambda")
        client.update_function_url_config(**outputs["where"], **_url(new))
        self._open(outputs["where"], new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("lambda").delete_function_url_config(**outputs["where"])

    def _open(self, where: Mapping[str, str], inputs: UrlInputs) -> None:
        """As the real provider does by itself: a URL without authentication lets everybody in."""
        if inputs.authorization_type != "NONE":
            return
        client, public = self.context.client("lambda"), {"Principal": "*"}
        for statement, request in (
            (
                "FunctionURLAllowPublicAccess",
                {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
            ),
            (
                "FunctionURLAllowInvokeAction",
                {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
            ),
        ):
            with ignoring("ResourceConflictException"):
                client.add_permission(**where, **public, **request, StatementId=statement)


def _url(inputs: UrlInputs) -> dict[str, Any]:
    cors = inputs.cors
    return {
        "AuthType": inputs.authorization_type,
        "InvokeMode": inputs.invoke_mode,
        "Cors": {
            "AllowCredentials": cors.allow_credentials,
            "AllowHeaders": cors.allow_headers,
            "AllowMethods": cors.allow_methods,
            "AllowOrigins": cors.allow_origins,
            "ExposeHeaders": cors.expose_headers,
            "MaxAge": cors.max_age,
        }
        if cors
        else {},
    }
