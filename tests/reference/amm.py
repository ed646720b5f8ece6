"""§11.5: an asset in liquidation is sold to its AMM as far as that pays nearly the mark."""

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .books import try_change
from .cases import Pot
from .margin import Figures, figures
from .numbers import ceil, floor
from .pots import lots_of, move
from .state import Account, State
from .swap import proceeds
from .waterfall import legs_in_order


def amm_takes(state: State, account: int) -> int:
    """Asset after asset, until the account is safe or one does not go as far as wanted; the steps it took."""
    owner, steps = state.accounts[account], 0
    if state.policy["swap_slippage"] == 0 or state.policy["pauses"] & m.PAUSE_SWAP:
        return 0
    while True:
        now = figures(state, owner)
        if now.equity >= now.exit or (owner.mode == m.MODE_PORTFOLIO and now.equity >= 0):
            return steps
        instrument = next_asset(state, owner, now)
        pot = pot_of(state, instrument)
        if pot is None:
            return steps
        wanted = wanted_lots(state, account, pot, now)
        sold = sellable_lots(state, pot, wanted)
        after = figures(state, after_selling(state, account, pot, sold))
        if sold == 0 or not keeps_health(now, after):
            return steps
        move(state, pot, account, proceeds(state, pot, sold), -sold)
        steps += 1
        if sold < wanted:
            return steps


def next_asset(state: State, owner: Account, now: Figures) -> int:
    """The next leg if it is an asset; of an insolvent account the asset of the largest value; 0 for none."""
    legs = legs_in_order(state, owner)
    if now.equity < 0:
        legs = [i for i in legs if state.instruments[i].is_asset]
    return legs[0] if legs and state.instruments[legs[0]].is_asset else 0


def pot_of(state: State, instrument: int) -> Pot | None:
    """The AMM of an asset with something of both, the lowest number first."""
    for _, pot in sorted(state.pots.items()):
        if pot.kind == m.POT_AMM and pot.instrument == instrument:
            if lots_of(state, pot) >= 1 and state.accounts[pot.account].cash >= 1:
                return pot
    return None


def after_selling(state: State, account: int, pot: Pot, lots: int) -> Account:
    return try_change(state.accounts[account], pot.instrument, -lots, cash=proceeds(state, pot, lots))


def wanted_lots(state: State, account: int, pot: Pot, now: Figures) -> int:
    """The fewest lots whose sale brings the account to its exit level; all when none does, or when it is insolvent."""
    low, high = 1, state.accounts[account].row(pot.instrument).lots
    if now.equity < 0:
        return high
    while low < high:
        middle = (low + high) // 2
        after = figures(state, after_selling(state, account, pot, middle))
        if after.equity >= after.exit:
            high = middle
        else:
            low = middle + 1
    return high


def pays_enough(state: State, pot: Pot, lots: int) -> bool:
    """Whether the AMM has room and pays the mark less the slippage for all of so many lots."""
    row, gain = state.instruments[pot.instrument], proceeds(state, pot, lots)
    least = ceil(floor(lots * row.mark, row.unit) * (PPB - state.policy["swap_slippage"]), PPB)
    return gain >= max(1, least) and lots_of(state, pot) + lots <= row.lots_max


def sellable_lots(state: State, pot: Pot, wanted: int) -> int:
    """The most lots up to `wanted` for which the AMM pays enough, by bisection; 0 for none."""
    if pays_enough(state, pot, wanted):
        return wanted
    low, high = 0, wanted
    while high - low > 1:
        middle = (low + high) // 2
        if pays_enough(state, pot, middle):
            low = middle
        else:
            high = middle
    return low


def keeps_health(before: Figures, after: Figures) -> bool:
    """Equity in maintenance margins may not fall."""
    if before.equity <= 0:
        return True
    falls = before.mm > 0 and after.mm <= before.mm
    return falls and after.equity >= ceil(before.equity * after.mm, before.mm)
