"""A small Lambda, CloudWatch and log store for the canary."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from components.function.canary import Clients

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:events:live"


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, time: float = 1_000_000.0) -> None:
        self.time = time
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time


class FakeAws:
    """Answers what a canary asks.

    Each look at the metrics gets the next pair of ``counts``, errors and invocations; the last
    one stays.
    """

    def __init__(
        self,
        counts: Sequence[tuple[int, int]] = ((0, 100),),
        *,
        version: str = "7",
        weights: Mapping[str, float] | None = None,
        logs: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.counts = list(counts)
        self.alias: dict[str, Any] = {"FunctionVersion": version}
        if weights:
            self.alias["RoutingConfig"] = {"AdditionalVersionWeights": dict(weights)}
        self.log_streams = dict(logs or {})
        self.log_group: str | None = "events-1a2b3c4"
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.denied: set[str] = set()

    @property
    def clients(self) -> Clients:
        return Clients(lambda _: self)

    @property
    def shares(self) -> list[tuple[str, dict[str, float]]]:
        """What the alias was set to, one after another: main version and weights of others."""
        return [
            (given["FunctionVersion"], given["RoutingConfig"]["AdditionalVersionWeights"])
            for given in self.called("update_alias")
        ]

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [given for name, given in self.calls if name == operation]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**given: Any) -> Any:
            self.calls.append((operation, given))
            if operation in self.denied:
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
            return getattr(self, f"on_{operation}")(**given)

        return call

    def on_get_alias(self, **_: Any) -> Any:
        return dict(self.alias)

    def on_update_alias(self, **_: Any) -> Any:
        return {}

    def on_get_metric_statistics(self, *, MetricName: str, **_: Any) -> Any:  # noqa: N803 - boto3's name
        errors, invocations = self.counts[0]
        if MetricName == "Invocations" and len(self.counts) > 1:
            self.counts.pop(0)
        total = errors if MetricName == "Errors" else invocations
        # CloudWatch has a datum a minute.
        return {"Datapoints": [{"Sum": float(total - 1)}, {"Sum": 1.0}] if total else []}

    def on_get_function_configuration(self, **_: Any) -> Any:
        return {"LoggingConfig": {"LogGroup": self.log_group}} if self.log_group else {}

    def on_describe_log_streams(self, **_: Any) -> Any:
        return {"logStreams": [{"logStreamName": name} for name in self.log_streams]}

    def on_get_log_events(self, *, logStreamName: str, limit: int, **_: Any) -> Any:  # noqa: N803
        lines = self.log_streams[logStreamName][-limit:]
        return {"events": [{"message": f"{line}\n"} for line in lines]}
