"""Brings a REST API in line with a document, call by call: the embedded cloud has no import.

What is new or changed is put before anything old is removed, and what is the same is left
alone, so that an update never takes away a route that stays.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .common import ignoring, present
from .openapi import Document, Route
from .openapi_schemas import addressed

PAGE = 500
"""What one listing returns at most; an API has 300 resources at most on AWS."""


def bring(client: Any, api: str, old: Document, new: Document) -> None:
    """Make the API ``api``, which is as ``old`` says, as ``new`` says."""
    stale = _authorizers(client, api, old, new)
    _models(client, api, old, new)
    _validators(client, api, old, new)
    _gateway_responses(client, api, old, new)
    _routes(client, api, old, new, moved=set(stale))
    for id in stale.values():
        client.delete_authorizer(restApiId=api, authorizerId=id)
    for name in old.validators.keys() - new.validators.keys():
        client.delete_request_validator(
            restApiId=api, requestValidatorId=_validator_ids(client, api)[name]
        )
    for name in old.models.keys() - new.models.keys():
        client.delete_model(restApiId=api, modelName=name)


def _authorizers(client: Any, api: str, old: Document, new: Document) -> dict[str, str]:
    """Make new and changed ones; returns the ids to remove, by name, once no route uses them."""
    ids = _authorizer_ids(client, api)
    changed = [name for name in new.authorizers if _differ(old.authorizers, new.authorizers, name)]
    for name in changed:
        client.create_authorizer(restApiId=api, **new.authorizers[name])
    return {
        name: ids[name]
        for name in old.authorizers
        if name in changed or name not in new.authorizers
    }


def _models(client: Any, api: str, old: Document, new: Document) -> None:
    base = f"https://apigateway.amazonaws.com/restapis/{api}/models/"
    for name, schema in new.models.items():
        if not _differ(old.models, new.models, name):
            continue
        text = json.dumps(addressed(schema, base))
        if name in old.models:
            patch = [{"op": "replace", "path": "/schema", "value": text}]
            client.update_model(restApiId=api, modelName=name, patchOperations=patch)
        else:
            client.create_model(
                restApiId=api, name=name, contentType="application/json", schema=text
            )


def _validators(client: Any, api: str, old: Document, new: Document) -> None:
    ids = _validator_ids(client, api)
    for name, settings in new.validators.items():
        if name not in old.validators:
            client.create_request_validator(restApiId=api, name=name, **settings)
        elif settings != old.validators[name]:
            client.update_request_validator(
                restApiId=api,
                requestValidatorId=ids[name],
                patchOperations=[
                    {"op": "replace", "path": f"/{key}", "value": json.dumps(value)}
                    for key, value in settings.items()
                ],
            )


def _gateway_responses(client: Any, api: str, old: Document, new: Document) -> None:
    for kind, given in new.gateway_responses.items():
        if _differ(old.gateway_responses, new.gateway_responses, kind):
            client.put_gateway_response(restApiId=api, responseType=kind, **given)
    for kind in old.gateway_responses.keys() - new.gateway_responses.keys():
        client.delete_gateway_response(restApiId=api, responseType=kind)


def _routes(client: Any, api: str, old: Document, new: Document, moved: set[str]) -> None:
    resources = {
        item["path"]: item["id"]
        for item in client.get_resources(restApiId=api, limit=PAGE)["items"]
    }
    authorizers, validators = _authorizer_ids(client, api), _validator_ids(client, api)
    for (path, verb), route in new.routes.items():
        _make_path(client, api, path, resources)
        if route == old.routes.get((path, verb)) and route.authorizer not in moved:
            continue
        where = {"restApiId": api, "resourceId": resources[path], "httpMethod": verb}
        _put(client, where, route, authorizers, validators)
    for path, verb in old.routes.keys() - new.routes.keys():
        with ignoring("NotFoundException"):
            client.delete_method(restApiId=api, resourceId=resources[path], httpMethod=verb)
    kept = {parent for path, _ in new.routes for parent in _parents(path)}
    for path in sorted(resources.keys() - kept - {"/"}, key=len, reverse=True):
        client.delete_resource(restApiId=api, resourceId=resources[path])


def _put(
    client: Any,
    where: Mapping[str, str],
    route: Route,
    authorizers: Mapping[str, str],
    validators: Mapping[str, str],
) -> None:
    with ignoring("NotFoundException"):
        client.delete_method(**where)
    client.put_method(
        **where,
        **route.method,
        **present(
            authorizerId=route.authorizer and authorizers[route.authorizer],
            requestValidatorId=route.validator and validators[route.validator],
        ),
    )
    for status, response in route.responses.items():
        client.put_method_response(**where, statusCode=status, **response)
    client.put_integration(**where, **route.integration.given)
    for status, response in route.integration.responses.items():
        client.put_integration_response(**where, statusCode=status, **response)


def _make_path(client: Any, api: str, path: str, resources: dict[str, str]) -> None:
    above = "/"
    for parent in _parents(path):
        if parent not in resources:
            resources[parent] = client.create_resource(
                restApiId=api, parentId=resources[above], pathPart=parent.rpartition("/")[2]
            )["id"]
        above = parent


def _parents(path: str) -> Iterator[str]:
    """The path and every path above it, the shortest first, without the root."""
    parts = path.strip("/").split("/") if path != "/" else []
    for count in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:count])


def _authorizer_ids(client: Any, api: str) -> dict[str, str]:
    """Ids by name; of two with the same name the later one counts."""
    found = client.get_authorizers(restApiId=api, limit=PAGE)["items"]
    return {item["name"]: item["id"] for item in found}


def _validator_ids(client: Any, api: str) -> dict[str, str]:
    found = client.get_request_validators(restApiId=api, limit=PAGE)["items"]
    return {item["name"]: item["id"] for item in found}


def _differ(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> bool:
    return name not in old or old[name] != new[name]
