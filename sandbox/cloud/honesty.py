"""What the cloud accepts without effect, and why; the documentation prints these."""

PROCESS_ENGINE: dict[str, str] = {
    "cpu, memory": "a process has the whole machine; limits need a container engine",
    "user, privileged, linuxParameters, ulimits": "the process runs as the user who started "
    "the sandbox",
    "readonlyRootFilesystem": "the image's files are unpacked read-only and shared, but the "
    "rest of the machine's files are as writable as they are for the user",
    "volumes, mountPoints": "no mounts; each container has a private HOME and TMPDIR",
    "runtimePlatform": "the machine's own architecture runs whatever the image is built for",
    "RUN in a Dockerfile": "the image holds what COPY brings; packages are this machine's",
    "awsvpc network": "a task's address is of its subnet but no network carries it; its ports "
    "are ports of 127.0.0.1, told to the process as PORT and HOST",
    "several portMappings": "PORT names the first; addresses of the others are rewritten in "
    "the command only",
}
"""Task definition settings that the process engine cannot honour."""

TASKS: dict[str, str] = {
    "dependsOn": "containers start in the order of the task definition, without waiting",
    "capacityProviderStrategy": "recorded; every task runs on this machine",
    "bake time of deployment alarms": "as long as the slowest alarm needs to ring, in the "
    "sandbox's minutes; none for a deployment that has no other to go back to",
    "credentials in docker mode": "the task role's session is in the environment instead of "
    "behind AWS_CONTAINER_CREDENTIALS_FULL_URI, because AWS SDKs accept only loopback there",
    "serviceConnectConfiguration, environmentFiles": "ignored; use Cloud Map and environment",
    "security groups": "recorded; nothing filters traffic on this machine",
}
"""ECS features that are recorded only."""

BALANCER: dict[str, str] = {
    "stickiness": "requests go round robin whatever stickiness says",
    "lambda targets, authenticate-*": "answered with 501",
    "WebSockets, HTTP/2": "HTTP/1.1 only",
    "source-ip conditions": "always match: every client is 127.0.0.1",
    "rule transforms": "requests reach targets with their own path and host",
    "slow start, least_outstanding_requests, cross-zone, WAF": "no effect",
}
"""Load balancer features without effect."""

FUNCTIONS: dict[str, str] = {
    "runtime, architecture": "functions run with this machine's Python and processor, and with "
    "the boto3 of this environment; no other package of it is there",
    "memory, /tmp, VPC, file systems": "stored; a function is a process of this machine",
    "/opt, /var/task": "code and layers lie in folders of the state directory, where imports find "
    "them and absolute paths do not",
    "provisioned concurrency": "stored; nothing is started ahead of calls",
    "asynchronous retries": "after 0.5 and 1 s instead of one and two minutes",
    "retries of a stream": "after 0.25 s and up; streams wait for one another meanwhile",
    "tumbling windows, several batches of a shard at once": "stored; one batch after the other",
    "a bucket as destination of failures": "nothing is written there",
    "other callers' permissions": "CloudWatch Logs and Cognito call "
    "whether the function's policy lets them in or not",
    "functions, aliases and permissions named url…": "refused: the emulator takes the path for "
    "that of a function URL",
}
"""Lambda: settings without effect. What is not here is enforced, the permissions of API Gateway,
S3, SNS, EventBridge, schedules, function URLs and execution roles included."""

SENDERS: dict[str, str] = {
    "cache of a REST API": "its size is stored; it is not encrypted, flushed or passed by",
    "access logs of APIs": "a request that is refused for its signature leaves no line; Firehose "
    "gets none",
    "execution logs and detailed metrics of APIs": "stored; nothing is written",
    "authorizers, models and usage plans of a REST API": "as they are now, not as they were when "
    "it was deployed",
    "role of an integration": "stored; the function's policy is asked instead",
    "queues and topics as targets of rules": "EventBridge sends whether their policies let it in "
    "or not",
    "retry policies of rules and schedules": "stored; who cannot be called is given up at once",
    "time zone and flexible window of schedules": "stored; the clock is UTC and on time",
}
"""What calls functions: settings without effect."""

WORKFLOWS: dict[str, str] = {
    "definitions": "checked by our linter and when they are deployed; the cloud takes any",
    "RedriveExecution": "missing; an execution is started anew",
    "filters, slices and .. in paths": "refused with States.Runtime",
    "TestState": "answered by the emulator, without role and variables",
    "integrations other than Lambda, DynamoDB, SQS, SNS, EventBridge, ECS, Step Functions": "fail "
    "with States.Runtime; aws-sdk calls reach what the emulator serves",
    "resources of aws-sdk calls": "told for Lambda, DynamoDB, SQS, EventBridge, S3 and where an "
    "ARN is named; elsewhere the role needs the action on anything",
    "distributed maps": "without ResultWriter, batches and the role's rights in S3; children go "
    "on after a stop",
    "HeartbeatSeconds of functions": "counts for callbacks and activities only",
    "many tasks at once": "eight for each processor work, and others wait for them up to 5 s",
    "histories": "the oldest go when all take more than 128 MB; then only the description is left",
    "SFN_WAIT_SCALE": "waits are shorter, and an execution's own clock, in its history and its "
    "dates, runs ahead by what it did not wait",
    "express executions": "run once each, and are not billed",
    "pipes": "from queues to machines; batches are taken one after another",
}
"""Step Functions and Pipes: what is not as on AWS. What is not here is enforced, the role's
permissions, versions, limits and logs included."""

METRICS: dict[str, str] = {
    "AWS/ECS": "services only; what is over 100 % of the reservation is told as 100 %",
    "AWS/ApplicationELB": "by load balancer and target group, not by zone; connections, bytes and "
    "requests through the emulator's own gateway are not counted",
    "AWS/ApiGateway": "by API and stage, not by method or route; requests that are refused for "
    "their signature are not counted",
    "AWS/DynamoDB": "nothing is ever throttled and no system error happens; batches and "
    "transactions are not counted, and every index counts with its table",
    "AWS/Lambda": "no provisioned concurrency, no offset lag, no event filters",
    "AWS/SQS": "an empty queue that nobody used for 360 of the sandbox's minutes tells nothing",
    "AWS/States": "nothing is ever throttled",
    "AWS/Kinesis": "what was written; nothing is ever throttled",
    "AWS/Events, AWS/S3, AWS/Logs": "not published; what rings on them stays without data",
    "AWS/EKS, ContainerInsights": "the metrics that our alarms look at, of a real control plane "
    "only; none with the mock",
    "ECS/ContainerInsights": "of services and clusters; enhanced adds nothing to it",
    "values": "two significant digits where every request is one (latencies, sizes)",
}
"""Metrics of AWS services: what is not as on AWS. What is not here is published, once in each of
the sandbox's minutes or with each event."""

LOGS: dict[str, str] = {
    "Logs Insights": "fields, display, filter, parse, stats, sort, limit, head, tail and dedup "
    "with the common functions; everything else is refused with MalformedQueryException",
    "subscriptions": "to functions only; with the filter patterns of AWS",
    "metric filters": "applied to lines as they arrive; account-level and field selection criteria "
    "are ignored",
    "retention": "stored; lines stay as long as the sandbox runs",
    "data protection, anomaly detection, exports": "missing",
}
"""CloudWatch Logs: settings without effect. Metrics that are embedded in lines are published."""

CLUSTERS: dict[str, str] = {
    "version": "stored; every control plane of ours is Kubernetes 1.34",
    "private endpoint, publicAccessCidrs": "stored; the API server listens on loopback",
    "encryptionConfig": "the key is checked; etcd holds secrets as they are",
    "audit and authenticator logs": "no lines; the other three types are written",
    "nodes": "objects that KWOK keeps alive; no instance, disk or Auto Scaling group is behind "
    "them, and what a launch template says of images, disks and metadata is stored",
    "add-ons": "stored, metrics-server and eks-pod-identity-agent excepted",
    "Fargate": "one node in each zone instead of one a pod; beside a node group the ordinary "
    "scheduler may place a pod first",
    "NetworkPolicy": "stored; nothing filters traffic on this machine",
    "identity providers, Auto Mode, Outposts, hybrid nodes": "refused",
    "pods": "run as tasks do, with the image, command, environment, probes, preStop and grace of "
    "the manifest; KWOK plays those with init containers, gRPC probes, postStart, other volumes "
    "than emptyDir or an image that is not in the embedded registry, and an event says so",
    "in pods": "no cluster DNS, service variables, service account token or network between pods; "
    "`kubectl logs` and `exec` are not served, the logs are files under the state folder",
    "readiness": "a container that was never ready is asked every second, not every period",
    "crash loops": "wait 1 to 60 s instead of 10 to 300",
    "Services": "sessionAffinity, externalTrafficPolicy and UDP ports have no effect",
    "Pod Identity": "session tags do not become principal tags in policies",
    "usage of pods": "what annotations on them say (kwok.x-k8s.io/usage-cpu, usage-memory), else "
    "10 % of the CPU and 40 % of the memory that they request",
    "with the mock": "access entries, node groups and add-ons are checked and stored; there are "
    "no nodes. Manifests are checked against the schema and kept; nothing is admitted, defaulted, "
    "scheduled or controlled. Lists are one field in server-side apply; no strategic merge "
    "patches, no scale, eviction or log subresources; the newest version of each API group alone",
    "with SANDBOX_KUBECONFIG": "access entries, node groups and add-ons are stored; nodes, "
    "metrics and access are what that cluster has",
}
"""EKS: settings without effect. What is not here has its effect, access policies, taints, sizes
and rolling replacements of nodes included."""

ALARMS: dict[str, str] = {
    "the minute": "SANDBOX_MINUTE_SECONDS long, 5 s unless it is set (60 is real time): periods of "
    "alarms shrink with it, and so does what services publish once a minute. Data keep their real "
    "time, and reads of metrics count real seconds",
    "evaluation range": "two more data points than EvaluationPeriods, and one more where the "
    "period is above a minute; AWS does not say how many",
    "anomaly detection, Metrics Insights, SEARCH, PromQL": "refused in alarms and GetMetricData; "
    "so are statistics other than the five and percentiles, and functions of time and tags",
    "wall clock windows, alarm mute rules, ActionsSuppressor": "refused or missing; windows slide",
    "actions": "topics and functions, as far as their policies and that of the topic's key let "
    "CloudWatch in; others are kept, and the history says that they failed",
    "metrics": "kept for 36 hours of the sandbox, 3 hours at 5 s a minute, and at most 20,000 "
    "entries each",
    "dashboards": "the body is checked against the documented structure; properties that it does "
    "not name are refused, where AWS may only warn",
    "e-mail": "files in the folder outbox of the state directory; the link in a confirmation works",
    "HTTP subscriptions": "signatures are not real; delivery policies are stored, the default one "
    "is kept to in the sandbox's minutes",
    "SMS, mobile push": "stored; nothing is sent",
    "X-Ray": "groups and sampling rules are kept and told; no trace is recorded",
}
"""CloudWatch, notifications and X-Ray: what is not as on AWS. What is not here has its effect:
missing data, N of M, percentiles, metric math, composites, states, reasons and history."""
