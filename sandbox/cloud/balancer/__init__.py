"""Load balancers that really listen: one loopback TCP port per ALB listener.

``plan`` reads what the API knows; ``service`` makes it so in a thread of the launcher;
``routing`` decides where a request goes; ``frontend``, ``exchange`` and ``upstream`` carry it;
``targets`` and ``health`` know who may receive it.
"""
