"""Metrics of APIs, by stage; ``api_logs`` says what was answered.

A request that is refused for its signature is not counted: it never reaches a stage here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import apigateway_v1 as rest

from sandbox.cloud.metrics.sources import Tally

NAMESPACE = "AWS/ApiGateway"
_REST, _HTTP = ("4XXError", "5XXError"), ("4xx", "5xx")


def _sets(place: tuple[str, str, str]) -> Iterator[Mapping[str, str]]:
    kind, name, stage = place
    yield {kind: name}
    yield {kind: name, "Stage": stage}


_tally: Tally[tuple[str, str, str]] = Tally(NAMESPACE, _sets)


def served(facts: Mapping[str, Any], status: int) -> None:
    """Count a request; ``facts`` are those of ``api_logs``."""
    api = rest._rest_apis.get(facts["apiId"])
    kind, name = ("ApiId", facts["apiId"]) if api is None else ("ApiName", api["name"])
    place = (kind, str(name), str(facts["stage"]))
    client, server = _HTTP if api is None else _REST
    _tally.add(place, "Count")
    # Their average is the share of failures, so success is a 0 and not nothing.
    _tally.add(place, client, int(400 <= status < 500))
    _tally.add(place, server, int(status >= 500))
    _tally.add(place, "Latency", float(facts["responseLatency"]), "Milliseconds")
    if (took := facts.get("integrationLatency")) is not None:
        _tally.add(place, "IntegrationLatency", float(took), "Milliseconds")
