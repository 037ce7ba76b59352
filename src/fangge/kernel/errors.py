"""The roots of all errors that a person may be told about."""


class FanggeError(Exception):
    """Something a person can be told; `str(error)` says what happened and what to do."""


class Refused(FanggeError):
    """The actor sees it, but may not do this to it."""


class Missing(FanggeError):
    """There is no such thing, or none that this actor may see."""


class Conflict(FanggeError):
    """Somebody else was there first."""


class Invalid(FanggeError):
    """The input cannot be taken as it is."""
