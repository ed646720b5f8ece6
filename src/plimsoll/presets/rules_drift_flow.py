"""Drift v2's flows: one liquidation of a perp position from shortage to transfer, and the loss of a bankrupt one.

Units as in rules_drift_liquidation. The shortage is the engine's; sizes and fees are the named rules'.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from plimsoll.presets.rounding import div_ceil, div_trunc
from plimsoll.presets.rules_drift_funding import payment
from plimsoll.presets.rules_drift_liquidation import (
    FEE,
    WHOLE,
    base_to_cover,
    perp_fund_fee,
    perp_loss_rate,
    ratio_with_buffer,
    share_max,
)
from plimsoll.presets.rules_drift_margin import BASE, MONEY, PerpPosition, perp_margin, required, with_buffer

SMALL_POSITION: Final = 50 * MONEY


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the market, the state and the liquidator set."""

    ratio: int
    buffer: int
    fee: int
    fund_fee_max: int
    step: int
    initial_share: int
    duration: int
    elapsed: int
    base_max: int


class Liquidated(NamedTuple):
    """The position after one liquidation, what the liquidator took over, the fund's fee and all margin freed so far."""

    position: PerpPosition
    liquidator_base: int
    liquidator_quote: int
    fund_fee: int
    margin_freed: int


def shortage(position: PerpPosition, collateral: int, terms: Terms) -> int:
    """What the account lacks to end a liquidation: requirement and buffer, less collateral and the loss with buffer."""
    found = perp_margin(position, ratio=terms.ratio)
    asked = found.requirement + required(found.liability, terms.buffer)
    return max(0, asked - collateral - with_buffer(min(0, found.profit), terms.buffer))


def liquidate_perp(position: PerpPosition, collateral: int, freed: int, terms: Terms) -> Liquidated:
    """Cancel orders, then move what is allowed by now to the liquidator at the oracle price, fees paid by the user."""
    before = shortage(position, collateral, terms)
    position = replace(position, open_bids=0, open_asks=0, open_orders=0)
    lacking = shortage(position, collateral, terms)
    freed += before - lacking
    nothing = Liquidated(position, 0, 0, 0, freed)
    if lacking == 0 or position.base == 0:
        return nothing
    ratio = ratio_with_buffer(terms.ratio, terms.buffer)
    price = position.price
    fund_fee = perp_fund_fee(lacking, position.base, ratio, terms.fee, price, MONEY, terms.fund_fee_max)
    cover = _stepped(base_to_cover(lacking, ratio, terms.fee, fund_fee, price), terms.step)
    share = share_max(lacking, freed, terms.elapsed, terms.initial_share, terms.duration)
    allowed = div_trunc(cover * share, WHOLE)
    if allowed == 0:
        return nothing
    taken = _taken(position, allowed, terms)
    signed = taken if position.base > 0 else -taken
    value = div_trunc(taken * price, BASE)
    moved = value if position.base > 0 else -value
    fee, paid = div_trunc(value * terms.fee, FEE), div_trunc(value * fund_fee, FEE)
    after = replace(position, base=position.base - signed, quote=position.quote + moved - fee - paid)
    freed += lacking - shortage(after, collateral, terms)
    return Liquidated(after, signed, fee - moved, paid, freed)


def _stepped(base: int, step: int) -> int:
    return div_ceil(base, step) * step


def _taken(position: PerpPosition, allowed: int, terms: Terms) -> int:
    held = abs(position.base)
    if div_trunc(held * position.price, BASE) <= SMALL_POSITION:
        return min(held, terms.base_max)
    return min(held, _stepped(min(held, terms.base_max, allowed), terms.step))


class Resolved(NamedTuple):
    """Cumulative funding rates after a loss was shared, and what the given position pays of it."""

    cumulative_long: int
    cumulative_short: int
    position_loss: int


def resolve_perp(
    loss: int,
    insurance: int,
    fee_pool: int,
    *,
    base_long: int,
    base_short: int,
    cumulative_long: int,
    cumulative_short: int,
    position_base: int,
) -> Resolved:
    """The insurance fund pays first, then the fee pool; the rest is added to every side's cumulative funding."""
    left = max(0, abs(loss) - insurance - fee_pool)
    if left == 0:
        return Resolved(cumulative_long, cumulative_short, 0)
    rate = perp_loss_rate(left, base_long, base_short)
    return Resolved(cumulative_long + rate, cumulative_short - rate, payment(rate, position_base))
