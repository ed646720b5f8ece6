"""Which presets margin whole portfolios or options, and how the class of a coin is made: each venue's own entry point.

A preset without rules here margins contract by contract; options are not its venue's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plimsoll.presets import deribit, paradex, span
from plimsoll.presets.derive_classes import Market, portfolio_class, standard_class
from plimsoll.presets.derive_parameters import PMRM, PMRM_2, SRM, PortfolioRules
from plimsoll.presets.derive_tables import chain_of
from plimsoll.risk.models import ScenarioMatrix
from plimsoll.risk.snapshot import Underlying
from plimsoll.risk.table import ClassTable

Build = Callable[[str, int, int, Market], ClassTable]
"""(coin, class number, number of the index, market) to the class as it is published."""


@dataclass(frozen=True)
class ClassRules:
    """How a preset's classes are made.

    ``portfolio``: accounts are in portfolio mode, and what they hold nets. ``one_market``: an account holds contracts,
    options and collateral of one coin. ``haircut_at_peg``: haircuts of its listings are those of a settlement token
    at its peg; the venue's follow the token's price.
    """

    build: Build
    portfolio: bool = True
    one_market: bool = False
    haircut_at_peg: bool = False


def _derive(rules: PortfolioRules) -> Build:
    return lambda coin, number, index, market: portfolio_class(coin, number, index, market, rules)


def _standard(coin: str, number: int, index: int, market: Market) -> ClassTable:
    return standard_class(coin, number, index, market, SRM[coin])


def _underlying(coin: str, number: int, index: int, market: Market) -> Underlying:
    """Options are valued undiscounted at the forward, as all of a comparison are."""
    chain = chain_of(market.expiries, market.first_option, market.first_group, market.confidence, discounted=False)
    return Underlying(coin, number, index, market.spot, chain if market.expiries else None)


def _deribit(coin: str, number: int, index: int, market: Market) -> ClassTable:
    return deribit.dollar_class(_underlying(coin, number, index, market), deribit.RULES)


def _matrix(model: ScenarioMatrix) -> Build:
    return lambda coin, number, index, market: model.class_table(_underlying(coin, number, index, market))


RULES: Final[dict[str, ClassRules]] = {
    "derive_srm": ClassRules(_standard, portfolio=False, haircut_at_peg=True),
    "derive_pmrm": ClassRules(_derive(PMRM), one_market=True, haircut_at_peg=True),
    "derive_pmrm2": ClassRules(_derive(PMRM_2), one_market=True),
    "deribit_pm": ClassRules(_deribit),
    "span_like": ClassRules(_matrix(span.matrix(span.RULES))),
    "paradex_pm": ClassRules(_matrix(paradex.matrix())),
}
"""By name of the preset."""
