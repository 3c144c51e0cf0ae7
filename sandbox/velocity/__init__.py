"""API Gateway's mapping templates: Velocity, with ``$input``, ``$util`` and ``$context``.

The emulator renders references and ``#set`` alone; a template that branches or escapes its
text would come out as something else than on AWS. Here a template is read whole, refused if
it uses what is not served, and rendered as API Gateway does.

Left out, and refused: macros, ``#include``, ``#parse``, ``#evaluate``, ``#stop``, ranges and
overrides of the request.
"""

from .gateway import BadBody, Request, check, render
from .nodes import TemplateError

__all__ = ["BadBody", "Request", "TemplateError", "check", "render"]
