"""§10, swap: an AMM is y cash and x lots of one asset; no trade lowers x * y."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .books import try_change
from .cases import Pot
from .insurance import payable_today
from .margin import figures, margin_rule
from .numbers import ceil, floor
from .pots import lots_of, move, pot_with, require_owner, require_running
from .state import Command, State, require


def price_of(state: State, pot: Pot, lots: int) -> int:
    """What buying so many lots costs, the fee on what is paid."""
    cash, there = state.accounts[pot.account].cash, lots_of(state, pot)
    return ceil(ceil(cash * lots, there - lots) * PPB, PPB - pot.fee)


def proceeds(state: State, pot: Pot, lots: int) -> int:
    """What selling so many lots gets, the fee on what is given."""
    cash, there = state.accounts[pot.account].cash, lots_of(state, pot)
    counted = floor(lots * (PPB - pot.fee), PPB)
    return floor(cash * counted, there + counted)


def swap(state: State, command: Command) -> None:
    account, lots, limit = command["account"], command["lots"], command["amount"]
    owner = require_owner(state, account)
    pot = pot_with(state, command["instrument"], m.POT_AMM)
    require_running(state, m.PAUSE_SWAP)
    require(lots != 0, codes.LOTS_MUST_NOT_BE_ZERO)
    asset = pot.instrument
    row, there = state.instruments[asset], lots_of(state, pot)
    require(row.status == m.STATUS_OPEN, codes.INSTRUMENT_MUST_BE_OPEN)
    liquid = there >= 1 and state.accounts[pot.account].cash >= 1
    require(liquid, codes.POT_MUST_HAVE_LIQUIDITY)
    require(-row.lots_max <= lots < there, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    require(owner.isolated == 0, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
    held = owner.row(asset).lots
    if lots < 0:
        require(-lots <= held, codes.AMOUNT_MUST_BE_HELD)
        require(there - lots <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
        gain = proceeds(state, pot, -lots)
        require(gain >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
        require(limit <= 0 or gain >= limit, codes.PRICE_MUST_BE_WITHIN_LIMIT)
    else:
        require(owner.has_room_for(asset, HOLDINGS_PER_ACCOUNT_MAX), codes.HOLDINGS_MUST_FIT)
        require(held + lots <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
        gain = -price_of(state, pot, lots)
        require(limit <= 0 or -gain <= limit, codes.PRICE_MUST_BE_WITHIN_LIMIT)
        require(-gain <= owner.cash, codes.CASH_MUST_NOT_BE_NEGATIVE)
        require(state.shortfall <= payable_today(state), codes.WITHDRAWALS_MUST_NOT_BE_GATED)
        require(row.allows(m.ACTION_MARGIN), codes.MARK_MUST_ALLOW_MARGIN)
    now, then = figures(state, owner), figures(state, try_change(owner, asset, lots, cash=gain))
    code = margin_rule(now, then).code
    require(code == codes.OK, code)
    # An AMM far off the mark could hand to its owner what a block of withdrawals keeps.
    gives = then.equity < now.equity and now.blocks & m.ACTION_WITHDRAW
    require(not gives, codes.MARK_MUST_ALLOW_WITHDRAW)

    # After this point the command must succeed.
    move(state, pot, account, gain, lots)
