"""The one error that the cloud's user sees."""


class CloudError(Exception):
    """A mistake or a missing thing that the user can mend; the message says how."""
