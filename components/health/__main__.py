"""``python -m slipway.health``: whether what was deployed is well.

The program's exports say what to ask: ``pulumi stack output --json | python -m slipway.health``,
and in the sandbox ``python -m sandbox outputs --json | python -m slipway.health``. Credentials and
endpoint are the ambient ones (``AWS_PROFILE``, ``AWS_ENDPOINT_URL``).
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .asks import FAILED, NOTE
from .questions import Finding, Unreadable, checks


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 well, 1 something is not (the text says what), 2 nothing could be asked."""
    options = _parser().parse_args(arguments)
    try:
        document = _document(options.outputs, options.name)
        findings = checks(document, _clients(options.region or document.get("region")))
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print(table(findings))
    return 1 if any(finding.state == FAILED for finding in findings) else 0


def table(findings: Sequence[Finding]) -> str:
    """Findings as text, one a line, the next step below what is not well."""
    rows = [(item.state, item.service, item.what, item.detail, item.next_step) for item in findings]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = []
    for *cells, detail, step in rows:
        start = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        lines.append(f"{start}  {detail}".rstrip())
        if step:
            lines.append(f"{' ' * (sum(widths) + 6)}-> {step}")
    counts = {state: sum(item.state == state for item in findings) for state in (NOTE, FAILED)}
    well = len(findings) - sum(counts.values())
    lines.append(f"{well} ok, {counts[NOTE]} to look at, {counts[FAILED]} failed")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m slipway.health",
        description="Asks AWS and the app whether what was deployed is well.",
    )
    parser.add_argument(
        "--outputs",
        default="-",
        metavar="FILE",
        help="the program's exports as JSON; stdin by default",
    )
    parser.add_argument(
        "--name", default="health", help="which export holds the checks; default: health"
    )
    parser.add_argument("--region", help="AWS region; by default the one that was deployed to")
    parser.add_argument("--json", action="store_true", help="findings as JSON")
    return parser


def _document(path: str, name: str) -> Mapping[str, Any]:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        outputs = json.loads(text)
    except (OSError, ValueError) as error:
        where = "stdin" if path == "-" else path
        raise Unreadable(
            f"{where}: {error}. Give the exports: pulumi stack output --json"
        ) from None
    found = outputs.get(name) if isinstance(outputs, Mapping) else None
    if not isinstance(found, Mapping):
        raise Unreadable(
            f"the exports have no {name} to read. Export it: "
            "pulumi.export('health', watch.health), where watch is an Observability; with "
            "secrets in it: pulumi stack output --json --show-secrets"
        )
    return found


def _clients(region: str | None) -> Any:
    try:
        import boto3
    except ImportError:
        raise Unreadable("boto3 is missing: pip install 'slipway[hooks]'") from None

    session: Any = boto3.Session(region_name=region)
    # Clients may be used from threads, and not be made in them.
    names = ("cloudwatch", "dynamodb", "ecs", "eks", "lambda", "sns", "sqs", "stepfunctions")
    made = {name: session.client(name) for name in names}
    return made.__getitem__


if __name__ == "__main__":
    sys.exit(main())
