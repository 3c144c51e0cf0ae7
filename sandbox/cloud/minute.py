"""How long CloudWatch's minute is here, read where nothing of the emulator is loaded."""

import os

from .errors import CloudError

VARIABLE = "SANDBOX_MINUTE_SECONDS"
DEFAULT_SECONDS = 5.0
REAL_SECONDS = 60.0


def seconds() -> float:
    """How long a minute takes, from the environment.

    Raises:
        CloudError: it is no number from 0.5 to 60.
    """
    given = os.environ.get(VARIABLE) or str(DEFAULT_SECONDS)
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if not 0.5 <= value <= REAL_SECONDS:
        raise CloudError(
            f"{VARIABLE} is {given!r} and must be a number of seconds from 0.5 to 60 (real time). "
            f"Unset it for {DEFAULT_SECONDS:g}."
        )
    return value
