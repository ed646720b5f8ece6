"""What the options of a class are worth with the underlying where it is, kept on their rows (§2)."""

from plimsoll.units import codes
from plimsoll.units import messages as m

from .classes import values_of
from .numbers import ceil
from .state import Instrument, State, require

CAPACITY_MEMBERS = 64
PRODUCT_MAX = 2**61
VALUE_MAX = 10**17


def members(state: State, number: int) -> list[Instrument]:
    return [row for row in state.instruments if row.is_listed and row.risk_class == number]


def refresh_values(state: State, number: int) -> None:
    """The values in force of a class's options, and so their marks, with the underlying where it is."""
    cls = state.classes[number]
    for row in members(state, number):
        if row.arrays is not None and row.status != m.STATUS_SETTLING:
            row.values = values_of(cls, row, row.arrays, state.instruments[cls.underlying].mark)
            row.mark = row.values.now * cls.quantum


def require_capacity(rows: list[dict[str, int]], shift: int, scale: int, spot_max: int) -> None:
    """§9: no sum of products leaves its word, whatever an account holds."""
    products = []
    for row in rows:
        weight = 1 if row["kind"] == m.KIND_OPTION else 8
        products.append(row["lots_max"] * ceil(row["mark_max"] * weight, 2**shift))
    total = sum(sorted(products, reverse=True)[:CAPACITY_MEMBERS])
    fits = total <= PRODUCT_MAX and total * 2**shift <= VALUE_MAX * 10**scale
    require(fits, codes.PORTFOLIO_VALUE_MUST_FIT)
    lots = sum(sorted((row["lots_max"] for row in rows), reverse=True)[:CAPACITY_MEMBERS])
    highest = max([spot_max, *(row["strike"] for row in rows)])
    require(lots * highest <= VALUE_MAX * 10**scale, codes.PORTFOLIO_VALUE_MUST_FIT)
