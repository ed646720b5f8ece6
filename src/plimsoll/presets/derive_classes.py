"""Derive's managers as risk classes of the engine: the policy and the arrays of a market, ready for ``quantise``.

PMRM and PMRM_2 are classes for accounts in portfolio mode: groups are expiries, the shocked value of a group is
discounted by its sign, the basis competes, the contingencies are the add-ons. SRM is a class for standard accounts: the
rates of short options, and arrays that carry the options' values and the expiries' forwards only.
All figures are per coin and in the settlement token (docs/presets-portfolio.md has the mapping).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from plimsoll.presets.derive_limits import fitted, norm_of
from plimsoll.presets.derive_parameters import PortfolioRules, StandardRules
from plimsoll.presets.derive_tables import Expiry, chain_of, shocked_vols, weights_of
from plimsoll.presets.rounding import require
from plimsoll.risk.checks import Floats
from plimsoll.risk.models.base import NO_BASIS, group_rows, option_rows
from plimsoll.risk.models.matrix import SKEWS
from plimsoll.risk.snapshot import OptionChain, Underlying
from plimsoll.risk.table import ClassTable, Options, RiskArrays, RiskPolicy

CARRY_SLACK: Final = 1e-6
"""Above the largest carry in the table, for the rounding of its integers."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """One underlying at one time: its spot, how sure the feeds are of it, and its expiries (each with options).

    ``confidence`` is the least of spot and, at PMRM, perp; ``first_option`` the instrument number of the first option,
    ``first_group`` the netting group of the first expiry; the others follow in order. A pool numbers its groups once.
    """

    spot: float
    confidence: float = 1.0
    expiries: Sequence[Expiry] = ()
    first_option: int = 1
    first_group: int = 1

    def __post_init__(self) -> None:
        require(0 <= self.confidence <= 1, "a confidence is within 0 .. 1")
        require(all(one.strikes for one in self.expiries), "an expiry without options is no netting group")


def portfolio_class(name: str, number: int, underlying: int, market: Market, rules: PortfolioRules) -> ClassTable:
    """A market under PMRM or PMRM_2. RiskError or PricingError for feeds no table can be made from."""
    chain = _chain(market, discounted=rules.discounted)
    moves = np.array([one.spot for one in rules.scenarios])
    # A skew turns the vols of an expiry where its forward stands: a move of the spot in it is that of linear members.
    turned = np.array([0.0 if one.vol in SKEWS else one.spot for one in rules.scenarios])
    options = option_rows(
        chain, Underlying(name, number, underlying, market.spot), turned, shocked_vols(chain, rules), rules.basis
    )
    options, weights = fitted(options, chain, weights_of(market.expiries, rules))
    groups = group_rows(chain, rules.basis)
    norm = norm_of(rules, market.expiries)
    groups = replace(
        groups,
        weight_positive=weights.positive,
        weight_negative=weights.negative,
        basis_factor=groups.basis_factor / norm,
    )
    policy = portfolio_policy(rules, norm=norm, carry_max=carry_of(market.spot, moves, options))
    return ClassTable(name, number, underlying, policy, RiskArrays(market.spot, moves, groups, options))


def portfolio_policy(rules: PortfolioRules, *, norm: float = 1.0, carry_max: float) -> RiskPolicy:
    """The policy of PMRM or PMRM_2; initial shares become totals, as the engine counts them. ``norm``: ``norm_of``."""
    inside = norm if rules.inside else 1.0
    return RiskPolicy(
        grouped=True,
        factor_initial=rules.factor_initial * norm,
        factor_maintenance=rules.factor_maintenance * norm,
        depeg_factor=rules.peg_factor * norm,
        addons_inside=rules.inside,
        # PMRM charges its base asset at spot, whatever the settlement token is worth; PMRM_2 at its own value.
        assets_at_underlying=rules.asset_share > 0,
        linear_maintenance=rules.perp_maintenance / inside,
        linear_initial=(rules.perp_maintenance + rules.perp_initial) / inside,
        option_maintenance=rules.option_maintenance / inside,
        option_initial=(rules.option_maintenance + rules.option_initial) / inside,
        confidence_threshold=rules.confidence_threshold,
        confidence_factor=rules.confidence_factor,
        carry_max=carry_max,
        damping=np.array([one.damping / norm for one in rules.scenarios]),
        skew=np.array([one.vol in SKEWS for one in rules.scenarios], np.bool_),
    )


def standard_class(name: str, number: int, underlying: int, market: Market, rules: StandardRules) -> ClassTable:
    """A market under SRM: one scenario, no shock; values are undiscounted, as the manager has them.

    ``market.confidence`` is the spot's alone: the perp's is no part of the options' at this manager.
    """
    chain = _chain(market, discounted=False)
    still = np.zeros(1)
    options = option_rows(
        chain, Underlying(name, number, underlying, market.spot), still, chain.vols[:, None], NO_BASIS
    )
    policy = standard_policy(rules, carry_max=carry_of(market.spot, still, options))
    return ClassTable(
        name, number, underlying, policy, RiskArrays(market.spot, still, group_rows(chain, NO_BASIS), options)
    )


def standard_policy(rules: StandardRules, *, carry_max: float) -> RiskPolicy:
    """The policy of an SRM market."""
    return RiskPolicy(
        grouped=True,
        depeg_factor=rules.depeg_factor,
        confidence_threshold=rules.option_threshold,
        confidence_factor=rules.confidence_factor,
        carry_max=carry_max,
        short_spot_max=rules.spot_max,
        short_spot_min=rules.spot_min,
        short_call=rules.short_call,
        short_put=rules.short_put,
        short_put_value=rules.short_put_value,
        offset_scale=rules.offset_scale,
        unpaired_initial=rules.unpaired_initial,
        unpaired_maintenance=rules.unpaired_maintenance,
    )


def uncertainty(confidence: float, price: float) -> float:
    """What a mark is published with, per coin: the share of its price that the feed is not sure of.

    The instrument's ``confidence_factor`` and ``confidence_threshold`` (1 − the venue's) make margin of it.
    """
    require(0 <= confidence <= 1 and price >= 0, "a confidence is within 0 .. 1, a price not negative")
    return (1.0 - confidence) * price


def asset_rates(rules: PortfolioRules, stable_price: float) -> tuple[float, float]:
    """(maintenance, initial) rates of PMRM's base asset, whose contingency is inside the factor.

    share·maintenance factor, and share·(initial factor + peg loss): at spot, as ``assets_at_underlying`` has it.
    """
    require(stable_price > 0, "the stable price must be above 0")
    peg = max(0.0, rules.peg_threshold - stable_price) * rules.peg_factor
    inside = (rules.factor_maintenance, rules.factor_initial + peg) if rules.inside else (1.0, 1.0)
    return rules.asset_share * inside[0], rules.asset_share * inside[1]


def base_rates(rules: StandardRules, stable_price: float) -> tuple[float, float]:
    """(maintenance, initial) rates of SRM's base asset.

    The manager credits factor·spot, whatever the settlement token is worth, of an asset that is worth spot / stable
    price; so the haircut is 1 − factor·stable price, and not below 0.
    """
    require(stable_price > 0, "the stable price must be above 0")
    maintenance = max(0.0, 1.0 - rules.base_factor * stable_price)
    return maintenance, max(maintenance, 1.0 - rules.base_factor * rules.base_scale * stable_price)


def _chain(market: Market, *, discounted: bool) -> OptionChain:
    return chain_of(market.expiries, market.first_option, market.first_group, market.confidence, discounted=discounted)


def carry_of(spot: float, moves: Floats, options: Options) -> float:
    """The least carry for which no call of the table is worth more than its shocked, carried underlying."""
    calls = options.is_call
    if not calls.any():
        return CARRY_SLACK
    still = np.stack([options.v0, options.up, options.down], axis=1)[calls].max() / spot
    tops = spot * (1.0 + moves)
    moved = np.where(tops > 0, options.values[calls].max(axis=0) / np.where(tops > 0, tops, 1.0), 0.0)
    return float(max(0.0, still - 1.0, float(moved.max(initial=0.0)) - 1.0)) + CARRY_SLACK
