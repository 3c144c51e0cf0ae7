"""What rings for APIs of API Gateway, as data.

A REST API's dimensions are ``ApiName`` and ``Stage``, an HTTP API's ``ApiId`` and ``Stage``. Its
own refusals (throttling, authorizers, time-outs) are in the numbers as well as the answers of
what is behind it. Source: CloudWatch user guide, "Recommended alarms", API Gateway, but for the
floors, without which one bad request at night rings.
"""

from collections.abc import Sequence

from .formula import Formula, Part

NAMESPACE = "AWS/ApiGateway"
SERVER_PERCENT = 5.0
"""Answers with a 5xx status, of all: the source's own number."""
SERVER_FLOOR = 2
"""As for functions: a single failure is chance."""
CLIENT_PERCENT = 25.0
"""Answers with a 4xx status, of all. The source's 5 % suits an API whose only callers are
programs; people mistype, and scanners are always about. What has lost a route, or lets nobody in
any more, is far above."""
CLIENT_FLOOR = 20
"""4xx answers a minute below which it is somebody's mistake and not everybody's."""
LATENCY_SHARE = 0.5
"""p95 latency, as a share of the longest wait: whoever waits twice as long gets an error."""
_MISSING = "notBreaching"
"""No requests, no data: nobody was failed, and nobody waited."""


def rest_formulas(*, timeout_seconds: float) -> Sequence[Formula]:
    """The alarms of a REST API.

    Args:
        timeout_seconds: the longest that a caller may wait: the function's timeout or the API's
            own, whichever is shorter.
    """
    return _formulas("5XXError", "4XXError", timeout_seconds)


def http_formulas(*, timeout_seconds: float) -> Sequence[Formula]:
    """The alarms of an HTTP API, whose metrics have other names.

    Args:
        timeout_seconds: as for a REST API.
    """
    return _formulas("5xx", "4xx", timeout_seconds)


def _formulas(server: str, client: str, timeout_seconds: float) -> Sequence[Formula]:
    return [
        _share("server-errors", server, "5xx", SERVER_PERCENT, SERVER_FLOOR, (3, 2)),
        # A client that is wrong for a minute or two mends itself.
        _share("client-errors", client, "4xx", CLIENT_PERCENT, CLIENT_FLOOR, (5, 5)),
        _latency(timeout_seconds),
    ]


def _share(
    role: str, metric: str, status: str, percent: float, floor: int, times: tuple[int, int]
) -> Formula:
    periods, to_alarm = times
    return Formula(
        role=role,
        description=f"{floor} or more answers in a minute, and more than {percent:g} %, are "
        f"{status}",
        metric=metric,
        namespace=NAMESPACE,
        statistic="Sum",
        threshold=percent,
        periods=periods,
        to_alarm=to_alarm,
        missing=_MISSING,
        expression=f"IF(bad >= {floor}, 100 * bad / requests, 0)",
        parts=(Part("bad", metric), Part("requests", "Count")),
    )


def _latency(timeout_seconds: float) -> Formula:
    milliseconds = round(timeout_seconds * 1000 * LATENCY_SHARE)
    return Formula(
        role="latency",
        description=f"p95 of the answers takes longer than {milliseconds} ms, half of the longest "
        "wait",
        metric="Latency",
        namespace=NAMESPACE,
        statistic="p95",
        threshold=milliseconds,
        periods=5,
        to_alarm=3,
        missing=_MISSING,
    )
