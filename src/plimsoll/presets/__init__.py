"""Presets: real venues' rules as parameters of this engine, and the few rules of theirs that the engine lacks.

What may enter: published parameters with their source, and small pure rules with the venue's roundings in their names.
What never does: a venue's code, floats, or a rule the engine has; those are parameters. ``<venue>.py`` holds data and
how it becomes listings; ``rules_<topic>.py`` named rules; ``measure`` puts an account to the engine in a venue's units.

To add one: write ``<venue>.py`` with a ``PRESET`` and name the module in ``_VENUES``; or in ``_PORTFOLIO`` where it is
built on risk models, which are the extra ``plimsoll[risk]`` and imported only when the preset is asked for.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final

from plimsoll.presets import drift_v2, dydx_v4, hyperliquid, synthetix_v3
from plimsoll.presets.preset import Preset

__all__ = ["PRESETS", "Preset"]

_VENUES: Final = (dydx_v4, drift_v2, hyperliquid, synthetix_v3)

_PORTFOLIO: Final = {
    "derive_srm": ("derive_srm", "PRESET"),
    "derive_pmrm": ("derive_pmrm", "PMRM_PRESET"),
    "derive_pmrm2": ("derive_pmrm", "PRESET"),
    "deribit_pm": ("deribit", "PRESET"),
    "span_like": ("span", "PRESET"),
    "paradex_pm": ("paradex", "PRESET"),
}


class _Presets(Mapping[str, Preset]):
    """Presets by name, those of portfolio margin imported when asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Preset] = {venue.PRESET.name: venue.PRESET for venue in _VENUES}

    def __getitem__(self, name: str) -> Preset:
        if name not in self._loaded:
            module, attribute = _PORTFOLIO[name]
            self._loaded[name] = getattr(import_module(f"{__name__}.{module}"), attribute)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter([venue.PRESET.name for venue in _VENUES] + list(_PORTFOLIO))

    def __len__(self) -> int:
        return len(_VENUES) + len(_PORTFOLIO)


PRESETS: Final[Mapping[str, Preset]] = _Presets()
"""Every preset by its name."""
