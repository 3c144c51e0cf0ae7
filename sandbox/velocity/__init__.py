"""API Gateway's mapping templates: Velocity, with ``$input``, ``$util`` and ``$context``.

The emulator renders references and ``#set`` alone; a template that branches or escapes its
text would come out as something else than on AWS. Here airspeed reads and renders templates,
with the objects that API Gateway gives them; what is not served is refused before it is used.

Left out, and refused: macros (API Gateway has none), ``#include``, ``#parse``, ``#evaluate``
and overrides of the request.
"""

from .check import check
from .gateway import BadBody, Request, render
from .language import TemplateError

__all__ = ["BadBody", "Request", "TemplateError", "check", "render"]
