"""The identities of the books, over all accounts, named ones included."""

from fractions import Fraction

from plimsoll.units import messages as m
from plimsoll.units.limits import SHARES_MAX

from .margin import figures
from .state import State


def broken_identities(state: State) -> list[str]:
    """Names of those that do not hold, with the numbers."""
    found = []
    accounts = state.accounts
    for number, row in enumerate(state.instruments[1:], start=1):
        held = [account.holdings[number] for account in accounts if number in account.holdings]
        lots, cost = sum(holding.lots for holding in held), sum(holding.cost for holding in held)
        if row.is_asset:
            found += check(f"lots of asset {number} = vault", lots, row.vault)
            found += check(f"cost of asset {number} = 0", cost, 0)
        else:
            found += check(f"lots of contract {number} = 0", lots, 0)
            found += check(f"cost of contract {number} = realised", cost, row.realised)
        if row.is_option:
            found += check(f"cost of option {number} = 0", cost, 0)
        longs = sum(max(0, holding.lots) for holding in held)
        found += check(f"open lots of {number}", row.open_lots, longs)
        if not held:
            found += check(f"realised of {number} without holdings", row.realised, 0)
        found += check(f"empty rows of {number}", sum(holding.is_empty() for holding in held), 0)

    cash = sum(account.cash for account in accounts)
    realised = sum(row.realised for row in state.instruments)
    found += check("cash = vault + realised", cash, state.vault + realised)
    for number in (m.NAMED_SUSPENSE, m.NAMED_PENDING):
        found += check(f"cash of row {number} below 0", min(0, accounts[number].cash), 0)
    return found + pots(state) + valuation(state)


def pots(state: State) -> list[str]:
    """Shares are those of stakes; who waits is in the queue once; an account of a pot owes nothing."""
    found = []
    stakes = [stake for account in state.accounts for stake in account.case.stakes]
    for number, pot in state.pots.items():
        present = [stake for stake in stakes if stake.pot == number and stake.epoch == pot.epoch]
        found += check(f"shares of pot {number}", pot.shares, sum(stake.shares for stake in present))
        waiting = sum(stake.unbonding for stake in present)
        found += check(f"unbonding shares of pot {number}", pot.unbonding_shares, waiting)
        found += check(f"shares above the most of pot {number}", max(pot.total, SHARES_MAX), SHARES_MAX)
        queue = {id(stake) for stake in pot.queue}
        found += check(f"stakes twice in the queue of pot {number}", len(pot.queue), len(queue))
        lost = queue - {id(stake) for stake in stakes}
        found += check(f"stakes of nobody in the queue of pot {number}", len(lost), 0)
        if pot.kind != m.POT_BACKSTOP:
            found += check(f"debts of pot {number}", min(0, state.accounts[pot.account].cash), 0)
    idle = [stake for stake in stakes if stake.shares == 0 and stake not in state.pots[stake.pot].queue]
    return found + check("stakes that say nothing", len(idle), 0)


def valuation(state: State) -> list[str]:
    """Valuation rounds down, by less than a micro per holding."""
    vaults = sum(Fraction(row.vault * row.mark, row.unit) for row in state.instruments if row.is_asset)
    equity = sum(figures(state, account).equity for account in state.accounts)
    lost = state.vault + vaults - equity
    holdings = sum(len(account.holdings) for account in state.accounts)
    return [] if 0 <= lost <= holdings else [f"rounding of values: {lost} over {holdings} holdings"]


def check(name: str, left: int, right: int) -> list[str]:
    return [] if left == right else [f"{name}: {left} is not {right}"]
