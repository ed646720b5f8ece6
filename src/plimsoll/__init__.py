"""Plimsoll: a margin engine that decides, carries the decision out, and proves it followed the published rules."""

from plimsoll._cache import use_cache_folder

use_cache_folder()

__version__ = "0.1.0"
