"""Whether what was deployed is well: the questions that ``python -m components.health`` asks."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.journeys import Visit, expect, journey
from sandbox.journeys.alarms_watch import patient
from sandbox.journeys.traces import wait


@journey("What was deployed says of itself that it is well", needs=("health",))
def is_well(visit: Visit) -> Iterator[str]:
    """Asked before any other journey: those cause failures on purpose.

    What the last ones have caused may still ring, so it is asked again for a while.
    """
    from components.health import checks  # the library, which a deployment must find for itself

    document: dict[str, Any] = visit.outputs["health"]
    findings = checks(document, visit.client)

    def well() -> bool:
        nonlocal findings
        if any(finding.state == "failed" for finding in findings):
            findings = checks(document, visit.client)
        return not any(finding.state == "failed" for finding in findings)

    bad = [finding for finding in findings if finding.state == "failed"]
    wait(
        patient(visit),
        well,
        "; ".join(f"{one.service} {one.what}: {one.detail}. {one.next_step}" for one in bad),
    )
    expect(bool(findings), "the document asks nothing")
    for one in findings:
        if one.state != "ok":
            yield f"to look at: {one.service} {one.what}: {one.detail}"
    asked = Counter(one.service for one in findings if one.service)
    yield "well: " + ", ".join(f"{service} ({count} checks)" for service, count in asked.items())
