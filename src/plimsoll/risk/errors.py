"""The one exception of this room."""


class RiskError(ValueError):
    """An input no risk model can take: what it is, where it is, and what to do about it, in one line."""
