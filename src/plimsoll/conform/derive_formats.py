"""The kinds of files of Derive and of risk models, read only when a file is not of another kind.

They price options, so they need the extra ``plimsoll[risk]``, and are imported when the first such file is met.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case
from plimsoll.conform.reading import Unreadable

DERIVE: Final = (
    "derive_pmrm2",
    "derive_pmrm",
    "derive_srm",
    "derive_compact",
    "derive_liquidation",
    "derive_inline",
    "derive_params",
    "derive_cash",
)
RISK: Final = ("risk_models",)


class LateAdapters(Mapping[str, Adapter]):
    """The adapters of several modules as one mapping, imported when asked for."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def modules(self, file: str = "the file") -> Iterator[ModuleType]:
        """The modules; Unreadable, naming the file, where the extra is missing."""
        try:
            yield from (import_module(f"plimsoll.conform.{name}") for name in self._names)
        except ImportError as error:
            raise Unreadable(f"{file}: {error}") from None

    def __getitem__(self, formula: str) -> Adapter:
        for module in self.modules():
            if formula in module.ADAPTERS:
                found: Adapter = module.ADAPTERS[formula]
                return found
        raise KeyError(formula)

    def __iter__(self) -> Iterator[str]:
        return (formula for module in self.modules() for formula in module.ADAPTERS)

    def __len__(self) -> int:
        return sum(len(module.ADAPTERS) for module in self.modules())

    def read(self, document: Any, name: str) -> list[Case] | None:
        """The cases of the first module that understands the file, or None."""
        for module in self.modules(name):
            cases: list[Case] | None = module.read(document, name)
            if cases is not None:
                return cases
        return None


ADAPTERS: Final = LateAdapters(DERIVE)
RISK_ADAPTERS: Final = LateAdapters(RISK)
