"""The annotations by which the parts of the sandbox's Kubernetes talk to each other.

KWOK plays the nodes' kubelets as far as nobody runs anything (``kwok.py``); whoever runs a
pod's containers (``containers.py``) writes these, and the pod's status. Nothing outside the
sandbox needs them.
"""

NODE = "kwok.x-k8s.io/node"
"""On a node: KWOK plays its kubelet (value ``NODE_VALUE``)."""
NODE_VALUE = "fake"

STARTED = "sandbox.slipway/started"
"""On a pod, ``true``: its containers run here, so KWOK leaves its status and its end alone."""
SIMULATED = "sandbox.slipway/simulated"
"""On a pod, ``true``: nobody can run its image here, so KWOK alone plays it, ready at once."""
STOPPED = "sandbox.slipway/stopped"
"""On a terminating pod, ``true``: its containers have ended, KWOK may remove it."""
ADDRESS = "sandbox.slipway/address"
"""On a Service of type LoadBalancer: ``127.0.0.1:PORT``, where its first port really answers."""

USAGE_CPU = "kwok.x-k8s.io/usage-cpu"
"""On a pod: the CPU that each of its containers is said to use, as a quantity (``180m``)."""
USAGE_MEMORY = "kwok.x-k8s.io/usage-memory"
"""On a pod: the memory that each of its containers is said to use (``40Mi``)."""

TRUE = "true"
