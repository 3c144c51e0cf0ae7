"""Saved queries of Logs Insights."""

from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider
from .common import ignoring, physical_name

_GROUPS_LIMIT = 50
_QUERY_LIMIT = 10_000


class QueryInputs(Inputs):
    """Inputs of a saved query."""

    name: str | None = None
    query_string: str
    log_group_names: list[str] = []


class QueryDefinition(Provider[QueryInputs]):
    """A query under a name, for the console."""

    token = "aws:cloudwatch/queryDefinition:QueryDefinition"
    inputs = QueryInputs
    outputs = frozenset({"arn", "queryDefinitionId"})

    def check(self, name: str, properties: Mapping[str, Any]) -> QueryInputs:
        inputs = super().check(name, properties)
        # A slash makes a folder in the console.
        if inputs.name is not None and not 1 <= len(inputs.name) <= 255:
            raise ValueError(f"name={inputs.name!r}: 1 to 255 characters are taken.")
        if not 1 <= len(inputs.query_string) <= _QUERY_LIMIT:
            raise ValueError(
                f"queryString has {len(inputs.query_string)} characters; Logs takes 1 to "
                f"{_QUERY_LIMIT}."
            )
        if len(inputs.log_group_names) > _GROUPS_LIMIT:
            raise ValueError(
                f"logGroupNames has {len(inputs.log_group_names)} entries; a query takes up to "
                f"{_GROUPS_LIMIT}."
            )
        return inputs

    def create(self, name: str, inputs: QueryInputs) -> tuple[str, Outputs]:
        id = self._put(physical_name(name, inputs.name, limit=255), inputs)
        place = f"{self.context.region}:{self.context.account}"
        return id, {"arn": f"arn:aws:logs:{place}:query-definition:{id}", "queryDefinitionId": id}

    def update(self, id: str, old: QueryInputs, new: QueryInputs, outputs: Outputs) -> Outputs:
        self._put(new.name or self._found(id)["name"], new, queryDefinitionId=id)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFoundException"):
            self.context.client("logs").delete_query_definition(queryDefinitionId=id)

    def _put(self, query: str, inputs: QueryInputs, **more: str) -> str:
        answer = self.context.client("logs").put_query_definition(
            name=query,
            queryString=inputs.query_string,
            logGroupNames=inputs.log_group_names,
            **more,
        )
        return str(answer["queryDefinitionId"])

    def _found(self, id: str) -> dict[str, Any]:
        logs = self.context.client("logs")
        token: dict[str, str] = {}
        while True:
            page = logs.describe_query_definitions(**token)
            for query in page["queryDefinitions"]:
                if query["queryDefinitionId"] == id:
                    return dict(query)
            token = {"nextToken": page["nextToken"]}
