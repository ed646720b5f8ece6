"""Drift v2's named rules of liquidation: how much to take, at which fees, and who bears what is left.

Units: base 10^9, price and quote money 10^6, ratios and weights 10^4, fees and multipliers 10^6, shares of a position
10^4. Divisions cut toward zero unless the name says otherwise. Source: drift-labs/protocol-v2, as in docs/presets.md.
"""

from typing import Final

from plimsoll.presets.rounding import decimals_unit, div_ceil, div_trunc, require
from plimsoll.presets.rules_drift_margin import BASE, MONEY
from plimsoll.presets.rules_drift_weights import ONE

UNLIMITED_BASE: Final = 2**64 - 1
UNLIMITED_TOKENS: Final = 2**128 - 1
FEE: Final = 10**6
WHOLE: Final = 10_000
SMALL_SHORTAGE: Final = 50 * MONEY
DUST: Final = MONEY
"""Collateral worth less than a dollar is taken with the rest."""
GRACE_SLOTS: Final = 1_500


def base_to_cover(shortage: int, ratio: int, fee: int, fund_fee: int, price: int, quote_price: int = MONEY) -> int:
    """Base to take so that the requirement it frees, less fees, covers the shortage; unlimited when none does."""
    ratio_e6 = ratio * 100
    if ratio_e6 <= fee or price == 0:
        return UNLIMITED_BASE
    oracle = div_trunc(price * quote_price, MONEY)
    freed = div_trunc(oracle * (ratio_e6 - fee), FEE) - div_trunc(price * fund_fee, FEE)
    require(freed > 0, "the fees take more than the ratio frees: no size covers the shortage")
    return div_trunc(shortage * BASE, freed)


def _asset_share(asset_weight: int, asset_multiplier: int, liability_multiplier: int) -> int:
    return div_trunc(10 * asset_weight * asset_multiplier, liability_multiplier)


def liability_to_cover(
    shortage: int,
    *,
    asset_weight: int,
    asset_multiplier: int,
    liability_weight: int,
    liability_multiplier: int,
    decimals: int,
    price: int,
    fund_fee: int,
) -> int:
    """Liability tokens to repay so that the shortage is covered, at least 1; unlimited when none does."""
    share = _asset_share(asset_weight, asset_multiplier, liability_multiplier)
    if asset_weight >= liability_weight or share >= 10 * liability_weight:
        return UNLIMITED_TOKENS
    freed = price * (10 * liability_weight - share) - div_trunc(price * fund_fee, FEE) * liability_weight * 10
    require(freed > 0, "the fee takes more than the weights free: no amount covers the shortage")
    # 10^11 = money to price (10^6) times weights (10^5); the tokens' own decimals may be fewer than money's.
    numerator = shortage * decimals_unit(max(decimals - 6, 0)) * 10**11
    return max(1, div_trunc(numerator, freed * decimals_unit(max(6 - decimals, 0))))


def liability_from_asset(
    asset: int,
    *,
    asset_multiplier: int,
    asset_decimals: int,
    asset_price: int,
    liability_multiplier: int,
    liability_decimals: int,
    liability_price: int,
) -> int:
    """Liability tokens that an amount of an asset repays, rounded up."""
    numerator, denominator = _scaled(liability_decimals, asset_decimals)
    scaled = div_ceil(asset * numerator * asset_price * liability_multiplier, liability_price * asset_multiplier)
    return div_ceil(scaled, denominator)


def asset_for_liability(
    asset: int,
    liability: int,
    *,
    asset_multiplier: int,
    asset_decimals: int,
    asset_price: int,
    liability_multiplier: int,
    liability_decimals: int,
    liability_price: int,
) -> int:
    """Asset tokens owed for repaying a liability, at least 1; all of them where less than a dollar would be left."""
    numerator, denominator = _scaled(asset_decimals, liability_decimals)
    gross = div_trunc(liability * numerator * liability_price * asset_multiplier, asset_price * liability_multiplier)
    owed = max(1, div_trunc(gross, denominator))
    left = div_trunc(abs(asset - owed) * asset_price, decimals_unit(asset_decimals))
    return asset if left < DUST else owed


def _scaled(to_decimals: int, from_decimals: int) -> tuple[int, int]:
    return decimals_unit(max(to_decimals - from_decimals, 0)), decimals_unit(max(from_decimals - to_decimals, 0))


def perp_fund_fee(shortage: int, base: int, ratio: int, fee: int, price: int, quote_price: int, most: int) -> int:
    """The insurance fund's fee: 95 % of what ratio and shortage leave, so that fees never make an account bankrupt."""
    require(base != 0, "a position of nothing has no fee")
    oracle = div_trunc(price * quote_price, MONEY)
    short = div_trunc(div_trunc(shortage * BASE, abs(base)) * FEE, oracle)
    return min(most, div_trunc(max(0, ratio * 100 - fee - short) * 19, 20))


def spot_fund_fee(
    shortage: int,
    tokens: int,
    *,
    asset_weight: int,
    asset_multiplier: int,
    liability_weight: int,
    liability_multiplier: int,
    decimals: int,
    price: int,
    most: int,
) -> int:
    """The insurance fund's fee on a liability repaid: what weights and shortage leave of it."""
    weight = liability_weight * 100
    asset = div_trunc(asset_weight * 100 * asset_multiplier, liability_multiplier)
    short = div_trunc(div_trunc(shortage * decimals_unit(decimals), tokens) * FEE, price)
    return min(most, div_trunc(max(0, weight - asset - short) * FEE, weight))


def share_max(shortage: int, freed: int, elapsed: int, initial: int, duration: int) -> int:
    """The share (10^4) that may be taken by now; a small shortage, or one without duration, all at once."""
    if shortage < SMALL_SHORTAGE:
        return WHOLE
    reached = min(WHOLE, div_trunc(elapsed * WHOLE, duration) + initial) if duration > 0 else WHOLE
    allowed = max(0, div_trunc((shortage + freed) * reached, WHOLE) - freed)
    return div_trunc(allowed * WHOLE, shortage)


def liquidator_fee(base_fee: int, most: int, elapsed: int) -> int:
    """The liquidator's fee: constant for the grace, then one ppm more for every slot since the start."""
    return base_fee if elapsed < GRACE_SLOTS else min(most, base_fee + elapsed)


def swap_price(asset: int, asset_decimals: int, liability: int, liability_decimals: int) -> int:
    """Liability tokens per asset token that a swap achieved, 10^6."""
    return div_trunc(liability * MONEY * decimals_unit(asset_decimals), asset * decimals_unit(liability_decimals))


def swap_price_min(asset_price: int, asset_multiplier: int, liability_price: int, liability_multiplier: int) -> int:
    """The least a liquidator's swap may achieve, 10^6."""
    return div_trunc(div_trunc(asset_price * MONEY * liability_multiplier, liability_price), asset_multiplier)


def swap_is_allowed(achieved: int, least: int) -> bool:
    """Whether a swap repaid at least what the multipliers ask."""
    return achieved >= least


def perp_loss_rate(loss: int, base_long: int, base_short: int) -> int:
    """A perp loss shared by all open interest: what it adds to the longs' cumulative funding rate, rounded up."""
    total = abs(base_long) + abs(base_short)
    require(total > 0, "there is no open interest to bear the loss")
    return div_ceil(abs(loss) * BASE, total) * 1_000


def spot_loss_delta(borrow: int, deposits: int, index: int) -> int:
    """A spot loss shared by all deposits: what the cumulative deposit interest falls by, rounded up; 0 without any."""
    return div_ceil(index * borrow, deposits) if deposits != 0 else 0


def is_bankrupt(base: int, quote: int, spot: int, open_orders: int) -> bool:
    """Nothing left but a debt."""
    return base == 0 and quote <= 0 and spot <= 0 and open_orders == 0 and (quote < 0 or spot < 0)


def ratio_with_buffer(ratio: int, buffer: int) -> int:
    """The ratio at which a liquidation ends (10^4)."""
    require(0 <= ratio + buffer <= 2 * ONE, "ratio and buffer must lie within 0 and 200 %")
    return ratio + buffer
