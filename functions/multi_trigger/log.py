"""One JSON object a line, which CloudWatch Logs Insights takes apart by itself."""

import json
from datetime import datetime, timezone


def log(message, level="INFO", **fields):
    """Write a line; ``fields`` are for searching and carry no payloads of strangers' making.

    ``level`` is one of Lambda's names, such as ``WARN``. Lambda filters by it only where a
    timestamp stands beside it; any other line counts as ``INFO``.
    """
    stamp = datetime.now(timezone.utc).isoformat()  # noqa: UP017 - Python 3.10 has no UTC
    line = {"timestamp": stamp, "level": level, "message": message, **fields}
    print(json.dumps(line, ensure_ascii=False))
