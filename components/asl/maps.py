"""Parallel and Map states: branches, item processors and what feeds a distributed map."""

import re
from collections.abc import Mapping
from typing import Any

from .document import Machine, State, mode
from .problems import Report, Steps, suggestion
from .shapes import unknown
from .values import choice, expression, integer, number, one_at_most, shown

MAX_LABEL = 40
"""Characters of a label."""
DISTRIBUTED_ONLY = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
READERS = ("arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2")
WRITERS = ("arn:aws:states:::s3:putObject",)
INPUT_TYPES = ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET")
_BATCHER = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
_NOT_IN_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def check_state(state: State, report: Report) -> None:
    """A Parallel or Map state; the states inside it are checked like any others."""
    if state.type == "Parallel":
        branches = state.fields.get("Branches")
        if "Branches" in state.fields and not isinstance(branches, list):
            report.error(state, ("Branches",), f"must be an array, not {shown(branches)}.")
        elif branches == []:
            report.error(state, ("Branches",), "is empty. Give at least one branch.")
    elif state.type == "Map":
        _check_processor(state, report)
        _check_limits(state, report)
        _check_data(state, report)


def check_labels(machine: Machine, report: Report) -> None:
    """Labels of distributed maps are unique over the machine."""
    first: dict[str, State] = {}
    for state in machine.states:
        label = state.fields.get("Label") if state.type == "Map" else None
        if isinstance(label, str) and first.setdefault(label, state) is not state:
            report.error(
                state, ("Label",), f"{label!r} is taken by {first[label].name!r}. Use another."
            )


def _check_processor(state: State, report: Report) -> None:
    fields = state.fields
    if "ItemProcessor" not in fields and "Iterator" not in fields:
        report.error(state, ("ItemProcessor",), "is missing. A Map state needs it.")
    one_at_most(report, state, (), fields, ("ItemProcessor", "Iterator"))
    one_at_most(report, state, (), fields, ("ItemSelector", "Parameters"))
    if "Iterator" in fields:
        report.warn(state, ("Iterator",), "is the old name. Use ItemProcessor.")
    if "Parameters" in fields and not state.jsonata:
        report.warn(state, ("Parameters",), "is the old name in a Map. Use ItemSelector.")
    processor = fields.get("ItemProcessor", fields.get("Iterator"))
    if not isinstance(processor, dict):
        return
    steps: Steps = ("ItemProcessor" if "ItemProcessor" in fields else "Iterator", "ProcessorConfig")
    config = processor.get("ProcessorConfig")
    if isinstance(config, dict):
        _check_config(state, steps, config, report)
    elif "ProcessorConfig" in processor:
        report.error(state, steps, f"must be an object, not {shown(config)}.")
    distributed = mode(processor)[0] == "DISTRIBUTED"
    if distributed and state.express:
        report.error(
            state,
            (*steps, "Mode"),
            "Express workflows have no distributed maps. Use INLINE, or a standard workflow.",
        )
    for name in DISTRIBUTED_ONLY:
        if name in fields and not distributed:
            report.error(
                state,
                (name,),
                "belongs to distributed maps. Set ItemProcessor.ProcessorConfig to {'Mode': "
                "'DISTRIBUTED', 'ExecutionType': 'STANDARD'}, or remove it.",
            )


def _check_config(state: State, steps: Steps, config: Mapping[str, Any], report: Report) -> None:
    for name in config:
        if name not in ("Mode", "ExecutionType"):
            unknown(report, state, (*steps, name), ("Mode", "ExecutionType"), "ProcessorConfig")
    choice(report, state, (*steps, "Mode"), config, ("INLINE", "DISTRIBUTED"))
    choice(report, state, (*steps, "ExecutionType"), config, ("STANDARD", "EXPRESS"))
    distributed = config.get("Mode") == "DISTRIBUTED"
    if distributed and "ExecutionType" not in config:
        report.error(
            state,
            (*steps, "ExecutionType"),
            "is missing: a distributed map starts executions. Set STANDARD or EXPRESS.",
        )
    if not distributed and "ExecutionType" in config:
        report.error(
            state,
            (*steps, "ExecutionType"),
            "has no meaning inline. Remove it, or set Mode to DISTRIBUTED.",
        )


def _check_limits(state: State, report: Report) -> None:
    fields = state.fields
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        one_at_most(report, state, (), fields, (name, f"{name}Path"))
    for name in ("MaxConcurrency", "ToleratedFailureCount"):
        integer(report, state, (name,), fields, 0, jsonata=state.jsonata)
    percentage = fields.get("ToleratedFailurePercentage", 0)
    value = number(percentage)
    if (value is None or not 0 <= value <= 100) and not (state.jsonata and expression(percentage)):
        report.error(
            state,
            ("ToleratedFailurePercentage",),
            f"must be a number from 0 to 100, not {shown(percentage)}.",
        )
    label = fields.get("Label", "")
    if not isinstance(label, str) or len(label) > MAX_LABEL or _NOT_IN_LABEL.search(label):
        report.error(
            state,
            ("Label",),
            f"must be a text of at most {MAX_LABEL} characters without blanks, brackets and "
            "special characters.",
        )


def _check_data(state: State, report: Report) -> None:
    fields = state.fields
    if state.jsonata and "Items" in fields:
        items = fields["Items"]
        if not isinstance(items, list | dict) and not expression(items):
            report.error(
                state,
                ("Items",),
                f"must be an array, an object or a {{% %}} expression, not {shown(items)}.",
            )
    if not state.jsonata and not isinstance(fields.get("ItemSelector", {}), dict):
        return  # the template check says so
    for name, resources in (("ItemReader", READERS), ("ResultWriter", WRITERS)):
        if name in fields:
            _check_bucket(state, name, resources, report)
    batcher = fields.get("ItemBatcher")
    if isinstance(batcher, dict):
        known = [*_BATCHER, *(f"{name}Path" for name in _BATCHER), "BatchInput"]
        for name in batcher:
            if name not in known:
                unknown(report, state, ("ItemBatcher", name), known, "ItemBatcher")
        for name in _BATCHER:
            one_at_most(report, state, ("ItemBatcher",), batcher, (name, f"{name}Path"))
            integer(report, state, ("ItemBatcher", name), batcher, 1, jsonata=state.jsonata)
        if not any(name.startswith(_BATCHER) for name in batcher):
            report.error(
                state, ("ItemBatcher", "MaxItemsPerBatch"), "is missing. Set how large a batch is."
            )
    elif "ItemBatcher" in fields:
        report.error(state, ("ItemBatcher",), f"must be an object, not {shown(batcher)}.")


def _check_bucket(state: State, name: str, resources: tuple[str, ...], report: Report) -> None:
    """What reads items from S3 or writes results to it."""
    given = state.fields[name]
    if not isinstance(given, dict):
        report.error(state, (name,), f"must be an object, not {shown(given)}.")
        return
    own = "Arguments" if state.jsonata else "Parameters"
    config = "ReaderConfig" if name == "ItemReader" else "WriterConfig"
    known = ("Resource", own, config)
    for key in given:
        if key not in known:
            unknown(report, state, (name, key), known, name)
    resource = given.get("Resource")
    if "Resource" not in given and (name == "ItemReader" or own in given):
        report.error(state, (name, "Resource"), f"is missing. Use {resources[0]!r}.")
    elif "Resource" in given and _plain_partition(resource) not in resources:
        hint = suggestion(str(resource), resources)
        report.error(state, (name, "Resource"), f"{shown(resource)} is not valid. {hint}")
    settings = given.get(config, {})
    if not isinstance(settings, dict):
        report.error(state, (name, config), f"must be an object, not {shown(settings)}.")
    elif name == "ItemReader":
        choice(report, state, (name, config, "InputType"), settings, INPUT_TYPES)
        one_at_most(report, state, (name, config), settings, ("MaxItems", "MaxItemsPath"))
        integer(report, state, (name, config, "MaxItems"), settings, 1, jsonata=state.jsonata)
        if settings.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in settings:
            report.error(state, (name, config, "CSVHeaders"), "is missing. Name the columns.")


def _plain_partition(resource: Any) -> str:
    return re.sub(r"^arn:(aws[a-z-]+|\$\{\w+\}):", "arn:aws:", str(resource))
