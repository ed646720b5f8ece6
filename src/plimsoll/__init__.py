"""Plimsoll: a margin engine that decides, carries the decision out, and proves it followed the published rules.

``plimsoll.Pool`` is where to begin. It is loaded when it is first asked for, so that importing the package is quick.
"""

from importlib import import_module

from plimsoll._cache import use_cache_folder

use_cache_folder()

__version__ = "0.1.0"

_FACE = ("InputRefused", "Pool", "Refused", "Venue", "VenueError", "verify")

__all__ = ["InputRefused", "Pool", "Refused", "Venue", "VenueError", "__version__", "verify"]


def __getattr__(name: str) -> object:
    if name not in _FACE:
        raise AttributeError(f"module 'plimsoll' has no attribute {name!r}")
    value = getattr(import_module("plimsoll.venue"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_FACE})
