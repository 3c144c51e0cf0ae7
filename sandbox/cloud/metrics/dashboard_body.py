"""The body of a dashboard, as "Dashboard body structure and syntax" of CloudWatch's API reference
describes it; what that does not name is refused.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from .series import known_statistic

MOST_WIDGETS = 500
MOST_METRICS = 500


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _period(value: int) -> int:
    if value not in (1, 5, 10, 20, 30) and (value <= 0 or value % 60):
        raise ValueError("Should be 1, 5, 10, 20, 30 or a multiple of 60")
    return value


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError('Should match format "date-time"') from None
    return value


def _statistic(value: str) -> str:
    trimmed = value[:2] in ("tm", "wm", "tc", "ts", "TM", "WM", "TC", "TS", "pr", "PR")
    if not (known_statistic(value) or trimmed or value == "IQM"):
        raise ValueError("Should be a statistic of CloudWatch")
    return value


def _query(value: str) -> str:
    if not value.lstrip().upper().startswith("SOURCE "):
        raise ValueError("Should start with SOURCE and the names of log groups")
    return value


def _alarm_arn(value: str) -> str:
    parts = value.split(":")
    if len(parts) < 7 or parts[2] != "cloudwatch" or parts[5] != "alarm":
        raise ValueError("Should be the ARN of an alarm")
    return value


Period = Annotated[int, AfterValidator(_period)]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{3}([0-9A-Fa-f]{3})?$")]
AlarmArn = Annotated[str, AfterValidator(_alarm_arn)]
Statistic = Annotated[str, AfterValidator(_statistic)]
Side = Literal["left", "right"]


class Horizontal(_Part):
    """A line across a graph."""

    value: float
    label: str | None = None
    color: Color | None = None
    fill: Literal["above", "below", "none"] | None = None
    visible: bool | None = None
    yAxis: Side | None = None  # noqa: N815 - AWS's name


class Vertical(_Part):
    """A moment."""

    value: Annotated[str, AfterValidator(_moment)]
    label: str | None = None
    color: Color | None = None
    fill: Literal["before", "after", "none"] | None = None
    visible: bool | None = None


class Annotations(_Part):
    """Lines, moments and alarms; two in an array are a band."""

    alarms: Annotated[list[AlarmArn], Field(max_length=1)] | None = None
    horizontal: list[Horizontal | list[Horizontal]] | None = None
    vertical: list[Vertical | list[Vertical]] | None = None


class Axis(_Part):
    """Of a graph."""

    label: str | None = None
    min: float | None = None
    max: float | None = None
    showUnits: bool | None = None  # noqa: N815


class Axes(_Part):
    """Both of them."""

    left: Axis | None = None
    right: Axis | None = None


class Legend(_Part):
    """Where it is."""

    position: Literal["right", "bottom", "hidden"]


class Options(_Part):
    """The object at the end of a metric."""

    color: Color | None = None
    expression: str | None = None
    id: Annotated[str, Field(pattern=r"^[a-z][a-zA-Z0-9_]*$")] | None = None
    label: str | None = None
    period: Period | None = None
    region: str | None = None
    accountId: str | None = None  # noqa: N815
    stat: Statistic | None = None
    visible: bool | None = None
    yAxis: Side | None = None  # noqa: N815


def _row(row: list[Any]) -> list[Any]:
    """One entry of ``metrics``: namespace, name, dimensions, and options at the end."""
    words = row[:-1] if row and isinstance(row[-1], dict) else row
    options = Options.model_validate(row[-1]) if words is not row else Options()
    if not all(isinstance(word, str) for word in words):
        raise ValueError('Invalid metric field type, only "String" type is allowed')
    if not words:
        if not options.expression:
            raise ValueError("A metric should have a namespace and a name, or an expression")
    elif options.expression:
        raise ValueError("An expression excludes the names of a metric")
    elif "..." not in words and (len(words) < 2 or len(words) % 2):
        raise ValueError("A metric should have a namespace, a name and pairs of dimensions")
    return row


MetricRow = Annotated[list[Any], AfterValidator(_row)]


class MetricProperties(_Part):
    """Of a graph."""

    region: str
    metrics: Annotated[list[MetricRow], Field(max_length=MOST_METRICS)] | None = None
    accountId: str | None = None  # noqa: N815
    annotations: Annotations | None = None
    end: str | None = None
    labels: dict[str, Any] | None = None
    legend: Legend | None = None
    liveData: bool | None = None  # noqa: N815
    period: Period | None = None
    setPeriodToTimeRange: bool | None = None  # noqa: N815
    singleValueFullPrecision: bool | None = None  # noqa: N815
    sparkline: bool | None = None
    stacked: bool | None = None
    start: str | None = None
    stat: Statistic | None = None
    table: dict[str, Any] | None = None
    timezone: Annotated[str, Field(pattern=r"^[+-]\d{4}$")] | None = None
    title: str | None = None
    trend: bool | None = None
    view: Literal["timeSeries", "singleValue", "gauge", "bar", "pie", "table"] | None = None
    yAxis: Axes | None = None  # noqa: N815

    @model_validator(mode="after")
    def _together(self) -> "MetricProperties":
        alarms = self.annotations.alarms if self.annotations else None
        if self.metrics is None and not alarms:
            raise ValueError("Should have required property 'metrics'")
        left = self.yAxis.left if self.yAxis else None
        if self.view == "gauge" and (left is None or left.min is None or left.max is None):
            raise ValueError("A gauge should have the minimum and maximum of its left axis")
        return self


class TextProperties(_Part):
    """Of words."""

    markdown: str
    background: Literal["solid", "transparent"] | None = None


class LogProperties(_Part):
    """Of the result of a Logs Insights query."""

    region: str
    query: Annotated[str, AfterValidator(_query)]
    accountId: str | None = None  # noqa: N815
    queryLanguage: Literal["CWLI", "SQL", "PPL"] | None = None  # noqa: N815
    stacked: bool | None = None
    title: str | None = None
    view: Literal["table", "timeSeries", "bar", "pie"] | None = None


class AlarmProperties(_Part):
    """Of the states of alarms."""

    alarms: Annotated[list[AlarmArn], Field(min_length=1, max_length=100)]
    sortBy: Literal["default", "stateUpdatedTimestamp", "timestamp"] | None = None  # noqa: N815
    states: list[Literal["ALARM", "OK", "INSUFFICIENT_DATA"]] | None = None
    title: str | None = None


class _Widget(_Part):
    x: Annotated[int, Field(ge=0, le=23)] | None = None
    y: Annotated[int, Field(ge=0)] | None = None
    width: Annotated[int, Field(ge=1, le=24)] = 6
    height: Annotated[int, Field(ge=1, le=1000)] = 6

    @model_validator(mode="after")
    def _placed(self) -> "_Widget":
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y should be given together")
        if self.x is not None and self.x + self.width > 24:
            raise ValueError("x plus width should be 24 at most")
        return self


class MetricWidget(_Widget):
    """A graph."""

    type: Literal["metric"]
    properties: MetricProperties


class TextWidget(_Widget):
    """Words."""

    type: Literal["text"]
    properties: TextProperties


class LogWidget(_Widget):
    """Lines of logs."""

    type: Literal["log"]
    properties: LogProperties


class AlarmWidget(_Widget):
    """States of alarms."""

    type: Literal["alarm"]
    properties: AlarmProperties


class OtherWidget(_Widget):
    """Kinds that nothing here makes: their properties are not looked at."""

    type: Literal["explorer", "custom", "chart"]
    properties: dict[str, Any]


class Body(_Part):
    """A dashboard."""

    widgets: Annotated[
        list[
            Annotated[
                MetricWidget | TextWidget | LogWidget | AlarmWidget | OtherWidget,
                Field(discriminator="type"),
            ]
        ],
        Field(max_length=MOST_WIDGETS),
    ]
    start: str | None = None
    end: str | None = None
    periodOverride: Literal["auto", "inherit"] | None = None  # noqa: N815
    variables: list[dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _span(self) -> "Body":
        if self.end is not None and self.start is None:
            raise ValueError("end should be given with start")
        return self
