"""Fixed rates: a table that is all policy (docs/risk-models.md). What most perpetual venues publish."""

from dataclasses import dataclass, replace

import numpy as np

from plimsoll.risk.checks import within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.models.base import NO_BASIS, group_rows, option_rows
from plimsoll.risk.snapshot import SPOT, MarketSnapshot
from plimsoll.risk.table import ClassTable, RiskArrays, RiskPolicy, RiskTable


@dataclass(frozen=True)
class Standard:
    """Maintenance and initial margin as fractions of notional, whatever the market does; one scenario, unshocked.

    ``rates`` has (initial, maintenance) by name of the underlying; ``other`` is for names it does not have.
    """

    rates: tuple[tuple[str, float, float], ...] = ()
    other: tuple[float, float] | None = (0.05, 0.03)
    option_rates: tuple[float, float] = (0.15, 0.10)
    name: str = "standard"
    needs: frozenset[str] = frozenset({SPOT})

    def __post_init__(self) -> None:
        """RiskError for rates outside 0 … 2 or a maintenance rate above the initial one."""
        rows = [*self.rates, ("options", *self.option_rates)]
        rows += [("other names", *self.other)] if self.other is not None else []
        for name, initial, maintenance in rows:
            within(f"initial rate of {name}", initial, 0.0, 2.0)
            within(f"maintenance rate of {name}", maintenance, 0.0, initial)

    def rates_of(self, name: str) -> tuple[float, float]:
        """(initial, maintenance) of an underlying; RiskError if it has none."""
        for own, initial, maintenance in self.rates:
            if own == name:
                return initial, maintenance
        if self.other is None:
            raise RiskError(f"no rates for {name}; add them, or rates for all others")
        return self.other

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """One unshocked scenario and the rates as add-ons."""
        classes = []
        for one in snapshot.underlyings:
            initial, maintenance = self.rates_of(one.name)
            policy = replace(
                RiskPolicy(),
                linear_initial=initial,
                linear_maintenance=maintenance,
                option_initial=self.option_rates[0],
                option_maintenance=self.option_rates[1],
            )
            still = np.zeros(1)
            vols = np.zeros((0, 1)) if one.chain is None else one.chain.vols[:, None]
            rows = option_rows(one.chain, one, still, vols, NO_BASIS)
            arrays = RiskArrays(one.spot, still, group_rows(one.chain, NO_BASIS), rows)
            classes.append(ClassTable(one.name, one.number, one.instrument, policy, arrays))
        return RiskTable(snapshot.time_ms, tuple(classes))
