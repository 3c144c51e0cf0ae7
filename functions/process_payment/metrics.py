"""Business metrics by CloudWatch's embedded metric format: a line of the log that is counted.

Lambda sends what is printed to CloudWatch Logs, which takes the metrics out of such a line: no
call, no permission and no package (Powertools' Metrics writes the same format, and reads the same
two variables of the environment). One line an invocation. It is printed after the write that
it counts, so a process that dies in between counts too little, never twice.
"""

import json
import os
import time


def count(metrics, revenue=None, currency=None, **fields):
    """Write ``{name: number}`` of the service, and what was earned by its currency.

    ``fields`` are kept in the line for searching. Nothing is written without a namespace.
    """
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE")
    if not namespace:
        return
    directives = [_directive(namespace, ["service"], metrics, "Count")]
    values = {"service": os.environ.get("POWERTOOLS_SERVICE_NAME", "orders"), **metrics}
    if revenue is not None:
        # Of a dimension of its own: amounts of two currencies do not add up.
        directives.append(_directive(namespace, ["service", "currency"], ["Revenue"], "None"))
        values |= {"currency": currency, "Revenue": revenue}
    header = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}
    print(json.dumps({"_aws": header, **values, **fields}))


def _directive(namespace, dimensions, names, unit):
    return {
        "Namespace": namespace,
        "Dimensions": [dimensions],
        "Metrics": [{"Name": name, "Unit": unit} for name in names],
    }
