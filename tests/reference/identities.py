"""The identities of the books, over all accounts, named ones included."""

from fractions import Fraction

from plimsoll.units import messages as m

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
    return found + valuation(state)


def valuation(state: State) -> list[str]:
    """Valuation rounds down, by less than a micro per holding."""
    vaults = sum(Fraction(row.vault * row.mark, row.unit) for row in state.instruments if row.is_asset)
    equity = sum(figures(state, account).equity for account in state.accounts)
    lost = state.vault + vaults - equity
    holdings = sum(len(account.holdings) for account in state.accounts)
    return [] if 0 <= lost <= holdings else [f"rounding of values: {lost} over {holdings} holdings"]


def check(name: str, left: int, right: int) -> list[str]:
    return [] if left == right else [f"{name}: {left} is not {right}"]
