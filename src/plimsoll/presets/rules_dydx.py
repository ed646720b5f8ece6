"""dYdX v4's named rules: an account measured by the engine, its bankruptcy and fillable price, its limits.

Units: quote quanta (10^-6 USD), base quanta (10^atomic_resolution coin), oracle price * 10^exponent USD a coin, ppm.
Roundings: notional toward zero, requirements up. Source: dydxprotocol/v4-chain, as described in docs/presets.md.
What the engine does as dYdX does is asked of the engine (``measure``); what differs is here, one function each.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, NamedTuple

from plimsoll.presets.measure import Held, Measured, measure
from plimsoll.presets.rounding import clamp, div_ceil, div_floor, ppb_up, require, ten_to, trunc

PPM: Final = 1_000_000
ONE_QUANTUM: Final = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Position:
    """A perpetual position of ``quantums`` base quanta, its market's parameters, and where funding stood and stands."""

    price: int
    exponent: int
    atomic_resolution: int
    quantums: int
    im_ppm: int = 0
    maint_fraction_ppm: int = 0
    open_interest: int = 0
    oi_lower_cap: int = 0
    oi_upper_cap: int = 0
    index: int = 0
    position_index: int = 0

    @property
    def quote_per_base(self) -> Fraction:
        """Quote quanta per base quantum, exactly."""
        return self.price * ten_to(self.exponent + self.atomic_resolution + 6)

    @property
    def notional(self) -> int:
        """Signed value in quote quanta, toward zero."""
        return trunc(self.quote_per_base * self.quantums)

    @property
    def adjusted_ppm(self) -> int:
        """The initial margin fraction at this open interest."""
        value = trunc(self.quote_per_base * self.open_interest)
        return adjusted_imf(self.im_ppm, value, self.oi_lower_cap, self.oi_upper_cap)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A subaccount: quote quanta and its positions by market."""

    usdc: int
    positions: Mapping[str, Position]


class Risk(NamedTuple):
    """Net collateral, initial and maintenance margin requirement in quote quanta; maintenance by market."""

    nc: int
    imr: int
    mmr: int
    mmr_of: Mapping[str, int]


def adjusted_imf(im_ppm: int, value: int, lower: int, upper: int) -> int:
    """Initial margin fraction in ppm at an open interest of ``value`` quanta: linear to 100 %, rounded down.

    The engine's own open-interest rate is the same line in ppb, rounded up.
    """
    if upper == 0 or value <= lower:
        return im_ppm
    if value >= upper:
        return PPM
    return im_ppm + div_floor((PPM - im_ppm) * (value - lower), upper - lower)


def _held(position: Position) -> Held:
    """The position for the engine; dYdX cuts its value to whole quanta first, here lots of one quantum if need be."""
    whole = (position.quote_per_base * position.quantums).denominator == 1
    return Held(
        lots=position.quantums if whole else position.notional,
        price=position.quote_per_base if whole else ONE_QUANTUM,
        initial=Fraction(position.im_ppm, PPM),
        maintenance=ppb_up(Fraction(position.im_ppm * position.maint_fraction_ppm, PPM**2)),
        floor_rate=Fraction(position.adjusted_ppm, PPM),
    )


def measured(account: Account) -> Measured:
    """The account as the engine sees it: funding settled to cash, every position with its value and requirements."""
    cash = account.usdc + funding_settlement(account)
    return measure(cash, [_held(position) for position in account.positions.values()], exact=False)


def risk(account: Account) -> Risk:
    """Net collateral and requirements, from the engine's terms.

    dYdX takes maintenance as a fraction of the initial margin already rounded up; the engine rounds once, so its own
    maintenance lies at most one quantum a position below.
    """
    found = measured(account)
    mmr_of = {
        name: div_ceil(math.ceil(part.size) * position.maint_fraction_ppm, PPM)
        for (name, position), part in zip(account.positions.items(), found.parts)
    }
    imr = sum(math.ceil(part.initial) for part in found.parts)
    return Risk(math.floor(found.equity), imr, sum(mmr_of.values()), mmr_of)


def funding_settlement(account: Account) -> int:
    """Unsettled funding in quote quanta: floor of the sum over positions of -(index - position_index) * q, in ppm."""
    owed = sum(settlement_ppm(one.index, one.position_index, one.quantums) for one in account.positions.values())
    return div_floor(owed, PPM)


def settlement_ppm(index: int, position_index: int, quantums: int) -> int:
    """What funding pays a position, in millionths of a quote quantum (negative: it owes)."""
    return -(index - position_index) * quantums


def is_liquidatable(now: Risk) -> bool:
    """There is a requirement, and it is not covered."""
    return now.mmr > 0 and now.mmr > now.nc


def resized(account: Account, market: str, delta: int) -> Account:
    """The account after a change of one position's size alone; a position of nothing goes."""
    position = account.positions[market]
    left = {name: one for name, one in account.positions.items() if name != market}
    if position.quantums + delta != 0:
        left[market] = replace(position, quantums=position.quantums + delta)
    return replace(account, positions=left)


def require_reducing(account: Account, market: str, delta: int) -> None:
    """RuleRefused unless ``delta`` closes some or all of an open position."""
    require(market in account.positions, f"there is no position in {market}")
    held = account.positions[market].quantums
    require(delta != 0, "the size to close must not be 0")
    require((held > 0) != (delta > 0) and held != 0, "the size to close must have the other sign than the position")
    require(abs(delta) <= abs(held), "more is to be closed than the position holds")


def bankruptcy_quote(account: Account, market: str, delta: int) -> int:
    """Quote quanta received for closing ``delta`` such that the leg uses up its share, by MMR, of net collateral.

    -dNC - floor(NC * |dMMR| / MMR): against the account.
    """
    require_reducing(account, market, delta)
    before, after = risk(account), risk(resized(account, market, delta))
    require(before.mmr > 0, "an account without a maintenance requirement has no bankruptcy price")
    return before.nc - after.nc - div_floor(before.nc * abs(after.mmr - before.mmr), before.mmr)


def fillable_price(account: Account, market: str, adjustment_ppm: int, spread_ppm: int) -> Fraction:
    """The worst price of a liquidation order, quote quanta a base quantum, exactly: (N - ABR * SMMR * MMR_leg) / q."""
    require(market in account.positions, f"there is no position in {market}")
    position = account.positions[market]
    now = risk(account)
    require(position.quantums != 0, "a position of nothing has no fillable price")
    require(now.mmr > 0, "an account without a maintenance requirement has no fillable price")
    ratio = Fraction(adjustment_ppm, PPM) * (1 - Fraction(now.nc, now.mmr))
    ratio = max(Fraction(0), min(Fraction(1), ratio))
    return (position.notional - ratio * Fraction(spread_ppm, PPM) * now.mmr_of[market]) / position.quantums


@dataclass(frozen=True, kw_only=True)
class LiquidationFill:
    """A fill of a liquidation order: base quanta, subticks and the exponent that turns their product into quanta."""

    is_buy: bool
    quantums: int
    subticks: int
    conversion_exponent: int


def insurance_delta(account: Account, market: str, fill: LiquidationFill, fee_ppm: int) -> int:
    """What a liquidation fill pays the fund, in quote quanta: at most the fee; negative where the fund covers."""
    amount = trunc(fill.subticks * fill.quantums * ten_to(fill.conversion_exponent))
    quote, delta = (-amount, fill.quantums) if fill.is_buy else (amount, -fill.quantums)
    gain = quote - bankruptcy_quote(account, market, delta)
    return min(gain, div_floor(abs(quote) * fee_ppm, PPM)) if gain > 0 else gain


def notional_limits(position: Position, least: int, portion_ppm: int) -> tuple[int, int]:
    """The least and most notional of one position that one block may liquidate, in quote quanta."""
    notional = abs(position.notional)
    low = min(least, notional)
    return low, max(low, div_floor(notional * portion_ppm, PPM))


def can_deleverage(account: Account, final_settlement: bool) -> tuple[bool, bool]:
    """(at the bankruptcy price, at the oracle price): insolvent, or in a market that is being wound up."""
    now = risk(account)
    at_bankruptcy = now.mmr > 0 and now.nc < 0
    return at_bankruptcy, final_settlement and not at_bankruptcy


def compare_risk(nc_a: int, mmr_a: int, nc_b: int, mmr_b: int) -> int:
    """-1 where the first is less risky, 1 where more, 0 the same; by NC/MMR cross-multiplied."""
    left, right = nc_b * mmr_a, nc_a * mmr_b
    if left != right:
        return clamp(left - right, -1, 1)
    if mmr_a == 0 and mmr_b == 0:
        return clamp(nc_b - nc_a, -1, 1)
    return clamp(mmr_a - mmr_b, -1, 1)


def may_pass(old_nc: int, old_mmr: int, new_nc: int, new_mmr: int) -> bool:
    """Whether an undercollateralised account may go from old to new."""
    if old_mmr == 0 and new_mmr == 0:
        return new_nc > old_nc
    if old_mmr == 0 or new_mmr == 0:
        return False
    return new_mmr <= old_mmr and compare_risk(new_nc, new_mmr, old_nc, old_mmr) <= 0


class Deleveraged(NamedTuple):
    """Whether both accounts accept, what the closed size is worth at the price, and their quote quanta after it."""

    ok: bool
    price_quote: int
    liquidated_usdc: int
    offsetting_usdc: int


def deleverage(liquidated: Account, offsetting: Account, market: str, delta: int) -> Deleveraged:
    """Close ``delta`` of the liquidated position against the offsetting one at the bankruptcy quote."""
    quote = bankruptcy_quote(liquidated, market, delta)
    require_reducing(offsetting, market, -delta)
    pairs = []
    for account, size, paid in ((liquidated, delta, quote), (offsetting, -delta, -quote)):
        after = resized(account, market, size)
        pairs.append((account, replace(after, usdc=after.usdc + paid)))
    ok = all(_may_trade(risk(old), risk(new)) for old, new in pairs)
    return Deleveraged(ok, -quote if delta > 0 else quote, pairs[0][1].usdc, pairs[1][1].usdc)


def _may_trade(old: Risk, new: Risk) -> bool:
    return new.nc >= new.imr or may_pass(old.nc, old.mmr, new.nc, new.mmr)
