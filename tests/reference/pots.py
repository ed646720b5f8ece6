"""§10, pots: what shares are worth, terms, stakes and the way out of them.

With assets A and T = S + O shares a micro buys T / (A + 1) shares, rounded down, and a share pays (A + 1) / T of one,
rounded down: what is rounded away stays in the pot, and O shares belong to nobody who could leave.
"""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, POTS_MAX, SHARES_MAX, SHARES_PER_MICRO

from .books import change_holding, try_change
from .cases import TERMS_FIELDS, Pot, Stake
from .insurance import payable_today
from .margin import figures, require_covered
from .numbers import ceil, floor
from .state import Account, Command, State, require


def minted(pot: Pot, assets: int, quantity: int) -> int:
    """Shares for so much more."""
    return floor(quantity * pot.total, assets + 1)


def needed(pot: Pot, assets: int, shares: int) -> int:
    """What so many shares cost."""
    return ceil(shares * (assets + 1), pot.total)


def worth(pot: Pot, assets: int, shares: int) -> int:
    """What so many shares pay."""
    return floor(shares * (assets + 1), pot.total)


def assets_of(state: State, pot: Pot) -> int:
    """A: the equity of the backstop, the cash of a tranche or of an AMM."""
    owner = state.accounts[pot.account]
    return max(0, figures(state, owner).equity if pot.kind == m.POT_BACKSTOP else owner.cash)


def lots_of(state: State, pot: Pot) -> int:
    """x: what an AMM has of its asset."""
    return state.accounts[pot.account].row(pot.instrument).lots


def pot_with(state: State, number: int, kind: int | None = None) -> Pot:
    """A pot that is set, of a kind if one is asked for."""
    pot = state.pots.get(number)
    require(pot is not None and kind in (None, pot.kind), codes.POT_MUST_EXIST)
    return pot


def require_owner(state: State, account: int) -> Account:
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    return state.accounts[account]


def require_running(state: State, mechanism: int) -> None:
    require(state.policy["pauses"] & mechanism == 0, codes.MECHANISM_MUST_NOT_BE_PAUSED)


# Terms.


def set_pot(state: State, command: Command, payload: tuple[int, ...]) -> None:
    from plimsoll.book.parameters import POT_BOUNDS

    require(len(payload) == len(TERMS_FIELDS), codes.PAYLOAD_MUST_FIT)
    number, terms = command["instrument"], dict(zip(TERMS_FIELDS, payload))
    require(1 <= number <= POTS_MAX, codes.POT_MUST_BE_WITHIN_LIMIT)
    for name, value in terms.items():
        low, high = POT_BOUNDS[name]
        require(low <= value <= high, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS)
    known = state.pots.get(number)
    if known is not None:
        for name in ("kind", "account", "instrument"):
            require(terms[name] == getattr(known, name), codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE)
        known.set_terms(terms)
        return
    pot = Pot(**terms)
    require_free_account(state, pot)
    require_instrument(state, pot)
    if pot.kind == m.POT_BACKSTOP:
        backstop = figures(state, state.accounts[m.NAMED_BACKSTOP])
        sound = backstop.equity >= 0 and backstop.blocks & m.ACTION_MARGIN == 0
        require(sound, codes.POT_MUST_BE_SOLVENT)
    pot.own = SHARES_PER_MICRO * (assets_of(state, pot) + 1)
    require(pot.own <= SHARES_MAX, codes.SHARES_MUST_FIT)

    # After this point the command must succeed.
    state.pots[number] = pot
    if pot.kind != m.POT_BACKSTOP:
        state.accounts[pot.account].mode = m.MODE_POT
        state.accounts[pot.account].isolated = 0


def require_free_account(state: State, pot: Pot) -> None:
    if pot.kind == m.POT_BACKSTOP:
        alone = all(other.kind != m.POT_BACKSTOP for other in state.pots.values())
        require(pot.account == m.NAMED_BACKSTOP and alone, codes.POT_ACCOUNT_MUST_BE_FREE)
        return
    require(state.exists(pot.account), codes.ACCOUNT_MUST_EXIST)
    owner = state.accounts[pot.account]
    says_nothing = owner.cash == 0 and not owner.holdings and owner.case.is_empty()
    free = not state.is_private(pot.account) and says_nothing and owner.stage == m.STAGE_HEALTHY
    require(free, codes.POT_ACCOUNT_MUST_BE_FREE)


def require_instrument(state: State, pot: Pot) -> None:
    """An AMM has its asset, other pots have none."""
    if pot.kind != m.POT_AMM:
        require(pot.instrument == 0, codes.INSTRUMENT_MUST_BE_ASSET)
        return
    require(state.is_listed(pot.instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[pot.instrument]
    require(row.is_asset and pot.instrument != 0, codes.INSTRUMENT_MUST_BE_ASSET)
    require(row.status == m.STATUS_OPEN, codes.INSTRUMENT_MUST_BE_OPEN)


# In.


def stake(state: State, command: Command) -> None:
    account, amount, lots = command["account"], command["amount"], command["lots"]
    owner = require_owner(state, account)
    pot = pot_with(state, command["instrument"])
    require_running(state, m.PAUSE_STAKE)
    require(amount >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    is_amm = pot.kind == m.POT_AMM
    if is_amm:
        require(lots >= 1, codes.LOTS_MUST_NOT_BE_ZERO)
    require(assets_of(state, pot) + amount <= pot.capacity, codes.POT_MUST_HAVE_ROOM)
    if pot.kind == m.POT_BACKSTOP:
        backstop = figures(state, state.accounts[m.NAMED_BACKSTOP])
        require(backstop.blocks & m.ACTION_MARGIN == 0, codes.MARK_MUST_ALLOW_MARGIN)
        require(backstop.equity >= 0, codes.POT_MUST_BE_SOLVENT)
    if is_amm:
        fits = lots_of(state, pot) + lots <= state.instruments[pot.instrument].lots_max
        require(fits, codes.LOTS_MUST_BE_WITHIN_LIMIT)
        require(owner.isolated == 0, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
    shares, cash, lots = bargain(state, pot, amount, lots if is_amm else 0)
    require(shares >= 1, codes.SHARES_MUST_BE_POSITIVE)
    require(pot.total + shares <= SHARES_MAX, codes.SHARES_MUST_FIT)
    require(shares >= command["price"], codes.SHARES_MUST_REACH_LIMIT)
    require(cash <= owner.cash, codes.CASH_MUST_NOT_BE_NEGATIVE)
    require(lots <= owner.row(pot.instrument).lots, codes.AMOUNT_MUST_BE_HELD)
    require(not is_amm or state.shortfall <= payable_today(state), codes.WITHDRAWALS_MUST_NOT_BE_GATED)
    require(figures(state, owner).blocks & m.ACTION_WITHDRAW == 0, codes.MARK_MUST_ALLOW_WITHDRAW)
    require_covered(figures(state, after_payment(owner, pot, cash, lots)))

    # After this point the command must succeed.
    move(state, pot, account, -cash, -lots)
    present_stake(state, account, command["instrument"]).shares += shares
    pot.shares += shares


def bargain(state: State, pot: Pot, amount: int, lots: int) -> tuple[int, int, int]:
    """(shares, cash used, lots used) of an offer: into an AMM both sides go in the proportion that is there."""
    cash_there = assets_of(state, pot)
    by_cash = minted(pot, cash_there, amount)
    if pot.kind != m.POT_AMM or pot.shares == 0:
        return by_cash, amount, lots
    lots_there = lots_of(state, pot)
    shares = min(by_cash, minted(pot, lots_there, lots))
    return (
        shares,
        min(amount, needed(pot, cash_there, shares)),
        min(lots, needed(pot, lots_there, shares)),
    )


def after_payment(account: Account, pot: Pot, cash: int, lots: int) -> Account:
    """A copy without the cash and without lots of the pot's asset."""
    trial = account.copy()
    trial.cash -= cash
    return try_change(trial, pot.instrument, -lots) if lots > 0 else trial


def move(state: State, pot: Pot, account: int, cash: int, lots: int) -> None:
    """Cash and lots from the pot to an account, or below 0 the other way."""
    state.accounts[account].cash += cash
    state.accounts[pot.account].cash -= cash
    if lots != 0:
        change_holding(state, account, pot.instrument, lots)
        change_holding(state, pot.account, pot.instrument, -lots)


def present_stake(state: State, account: int, number: int) -> Stake:
    """The account's stake of the pot's present epoch: a new one, or one of an earlier epoch that begins again.

    One that began again while in the queue stays there, with nothing to be paid, until its turn has come.
    """
    epoch, case = state.pots[number].epoch, state.accounts[account].case
    found = case.stake_in(number)
    if found is None:
        found = Stake(account, number, epoch)
        case.stakes.append(found)
    elif found.epoch != epoch:
        found.epoch, found.shares, found.unbonding = epoch, 0, 0
    return found


# Out.


def unstake(state: State, command: Command) -> None:
    account, shares = command["account"], command["amount"]
    owner = require_owner(state, account)
    pot = pot_with(state, command["instrument"])
    require_running(state, m.PAUSE_STAKE)
    require(shares >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    found = owner.case.stake_in(command["instrument"])
    held = found is not None and found.epoch == pot.epoch and shares <= found.shares
    require(held, codes.SHARES_MUST_BE_HELD)
    require(found not in pot.queue, codes.STAKE_MUST_NOT_BE_UNBONDING)

    # After this point the command must succeed.
    found.unbonding = shares
    found.release_time = state.time + pot.unbonding
    pot.queue.append(found)
    pot.unbonding_shares += shares
    if pot.unbonding == 0 and not state.sweep_due and not state.sweeping:
        pay_queue(state, pot, 1)


def pay_queues(state: State) -> None:
    """Every pot's queue in number order, within one budget of exits."""
    budget = state.policy["settlements_per_tick"]
    for _, pot in sorted(state.pots.items()):
        budget -= pay_queue(state, pot, budget)


def pay_queue(state: State, pot: Pot, budget: int) -> int:
    """Stakes whose time has come leave the queue, as far as they may and the budget goes; how many did."""
    left = 0
    while pot.queue and left < budget and pot.queue[0].release_time <= state.time:
        first = pot.queue[0]
        began_again = first.epoch == pot.epoch and first.unbonding == 0
        if first.epoch != pot.epoch:
            first.shares = 0
        elif not began_again:
            if not may_leave(state, pot, first):
                break
            if can_receive(state, pot, first):
                pay_out(state, pot, first)
            else:
                pot.unbonding_shares -= first.unbonding
        leave_queue(state, pot, first)
        left += 1
    return left


def leave_queue(state: State, pot: Pot, first: Stake) -> None:
    pot.queue.remove(first)
    first.unbonding = first.release_time = 0
    if first.shares == 0:
        state.accounts[first.account].case.stakes.remove(first)


def pays(state: State, pot: Pot, stake: Stake) -> tuple[int, int]:
    """(cash, lots) of an exit now."""
    cash = worth(pot, assets_of(state, pot), stake.unbonding)
    lots = worth(pot, lots_of(state, pot), stake.unbonding) if pot.kind == m.POT_AMM else 0
    return cash, lots


def may_leave(state: State, pot: Pot, stake: Stake) -> bool:
    """Whether the pot may pay now: who insures others stays while something is owed to them."""
    if state.policy["pauses"] & m.PAUSE_STAKE:
        return False
    cash, lots = pays(state, pot, stake)
    if pot.kind == m.POT_AMM:
        return lots == 0 or state.instruments[pot.instrument].allows(m.ACTION_MARGIN)
    if state.shortfall > 0 or state.sweeping:
        return False
    # The last sweep has not seen what moved since it began; who asked later may have.
    if state.sweep_due and stake.release_time - pot.unbonding >= state.sweep_since:
        return False
    if pot.kind == m.POT_TRANCHE:
        return True
    backstop = state.accounts[m.NAMED_BACKSTOP]
    after = figures(state, after_payment(backstop, pot, cash, 0))
    return after.blocks & m.ACTION_MARGIN == 0 and cash <= backstop.cash and after.equity >= after.im


def can_receive(state: State, pot: Pot, stake: Stake) -> bool:
    """Whether the account has room for the lots of an AMM."""
    owner = state.accounts[stake.account]
    _, lots = pays(state, pot, stake)
    if lots == 0:
        return True
    fits = owner.row(pot.instrument).lots + lots <= state.instruments[pot.instrument].lots_max
    return owner.isolated == 0 and fits and owner.has_room_for(pot.instrument, HOLDINGS_PER_ACCOUNT_MAX)


def pay_out(state: State, pot: Pot, stake: Stake) -> None:
    cash, lots = pays(state, pot, stake)
    move(state, pot, stake.account, cash, lots)
    pot.shares -= stake.unbonding
    pot.unbonding_shares -= stake.unbonding
    stake.shares -= stake.unbonding
