"""The one exception of this room."""


class PricingError(ValueError):
    """An input no formula can take: what it is, where it is, and what to do about it, in one line."""
