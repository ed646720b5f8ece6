"""Derive's liquidation simulations: an account under PMRM and bids; margins by the engine, prices by the rules.

The engine is asked for mark to market and maintenance margin before and after each bid; ``presets.derive_auction`` says
what share the bid gets and at which price. Balances between bids are what the auction leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, Tolerance, read_each
from plimsoll.conform.derive_numbers import CENT, WAD, decimal, exact, guarded_case, listed, named_tables
from plimsoll.conform.derive_pmrm import TEST_RULES, account_of
from plimsoll.conform.derive_portfolio import PortfolioAccount, margin_of
from plimsoll.presets import derive_auction as auction
from plimsoll.presets.derive_auction import AuctionRules

RULES: Final = AuctionRules(
    start=Fraction("0.98"),
    cutoff=Fraction("0.8"),
    fast_seconds=100,
    slow_seconds=14_400,
    insolvent_seconds=600,
    fee=Fraction("0.02"),
    buffer=Fraction("0.2"),
)
"""Parameters of the venue's own simulations (derive_v2.md, section 11)."""
OBSOLETE: Final = ("InsolventTest1", "InsolventTest2")
MONEY: Final = ("PreMtM", "PreMM", "PreBM", "ExpectedBidPrice", "SMPayout", "PostMtM", "PostMM", "PostBM")
SHARES: Final = ("PreFMax", "fLiquidatedOfOriginal", "PostFMax")
SOLVENT_ONLY: Final = ("ExpectedBidPrice", "PreFMax", "PostFMax")
SHARE_TOLERANCE: Final = Tolerance(Fraction(1, 10**6), Fraction(1, 10**5))
"""What is left after a bid is whole lots; a share that should be nothing is as small as that."""


def read(document: Any, name: str) -> list[Case] | None:
    """Two cases a simulation, its amounts and its shares; None for a file of another kind."""
    if not named_tables(document, "InitialPortfolio", "Actions"):
        return None
    return read_each(document, lambda key, one: _cases(key, one, name))


def _cases(key: str, document: Mapping[str, Any], name: str) -> list[Case]:
    actions = listed(document["Actions"], "Actions")
    solvent = not (_of_insolvents(name) or _of_insolvents(key) or _paid_out(actions))
    money: dict[str, Any] = {"actions": [_wanted(action, MONEY, solvent) for action in actions]}
    if solvent and "LiquidationFee" in document:
        money["fee"] = exact(document["LiquidationFee"], "LiquidationFee")
    shares = {"actions": [_wanted(action, SHARES, solvent) for action in actions]}
    return [
        Case(f"{key} amounts", "auction.simulation", document, money, CENT, (key, solvent)),
        Case(f"{key} shares", "auction.simulation", document, shares, SHARE_TOLERANCE, (key, solvent)),
    ]


def _of_insolvents(name: str) -> bool:
    return "insolvent" in name.lower()


def _paid_out(actions: Sequence[Any]) -> bool:
    """Whether bidders were paid by the security module, as they are for insolvent accounts only."""
    paid = [(action.get("Results") or {}).get("SMPayout") for action in actions]
    return any(exact(one, "SMPayout") != 0 for one in paid)


def _wanted(action: Mapping[str, Any], keys: tuple[str, ...], solvent: bool) -> dict[str, Fraction]:
    results = action.get("Results") or {}
    named = [key for key in keys if key in results and (solvent or key not in SOLVENT_ONLY)]
    return {key: exact(results[key], key) / WAD for key in named}


@dataclass(frozen=True)
class Balances:
    """What the account has left: the share of its first positions, its cash, and the cash paid in by bidders."""

    kept: Fraction
    cash: Fraction
    reserved: Fraction


@dataclass(frozen=True)
class Margins:
    """The engine's answer: mark to market and maintenance margin net of equity, exact in micros."""

    value: Fraction
    maintenance: Fraction

    @property
    def buffer(self) -> Fraction:
        """The buffer margin."""
        return auction.buffer_margin(RULES, self.maintenance, self.value)


def _simulate(case: Case) -> Mapping[str, Any]:
    name, solvent = case.context
    if name in OBSOLETE:
        raise NotCovered("the venue has replaced the rule this simulation was made under")
    first, start = case.inputs["InitialPortfolio"], int(exact(case.inputs["StartTime"], "StartTime"))
    balances = Balances(Fraction(1), exact(first["Cash"], "Cash") / WAD + _settled(first), Fraction(0))
    fee = Fraction(0)
    if solvent:
        margins = _margins(first, first, balances, start)
        fee = auction.start_fee(RULES, margins.maintenance, margins.value)
        balances = replace(balances, cash=balances.cash - fee)
    actions = []
    for action in listed(case.inputs["Actions"], "Actions"):
        answer, balances = _act(first, action, balances, start, solvent)
        actions.append(answer)
    return {"fee": fee, "actions": actions}


def _act(
    first: Mapping[str, Any], action: Mapping[str, Any], balances: Balances, start: int, solvent: bool
) -> tuple[Mapping[str, Fraction], Balances]:
    """One bid: what was read before it, what it got, what was read after it."""
    feeds, time = action["PortfolioAndFeeds"], int(exact(action["Time"], "Time"))
    wanted = exact(action["Liquidator"]["PercentWant"], "PercentWant") / WAD
    elapsed = time - start
    balances = replace(balances, cash=balances.cash + _settled(feeds))
    before = _margins(first, feeds, balances, time)
    if solvent:
        bid = auction.solvent_bid(RULES, before.maintenance, before.value, balances.reserved, elapsed, wanted)
    else:
        bid = auction.insolvent_bid(RULES, before.maintenance, before.value, elapsed, wanted)
    left = auction.cash_left(balances.cash, balances.reserved, bid, solvent=solvent)
    reserved = balances.reserved + max(bid.cash, Fraction(0))
    after_bid = Balances(balances.kept * (1 - bid.share), left, reserved)
    after = _margins(first, feeds, after_bid, time)
    return {
        "PreMtM": before.value,
        "PreMM": before.maintenance,
        "PreBM": before.buffer,
        "PreFMax": auction.share_for_sale(RULES, before.maintenance, before.value, balances.reserved, elapsed),
        "ExpectedBidPrice": max(bid.cash, Fraction(0)),
        "SMPayout": min(bid.cash, Fraction(0)),
        "fLiquidatedOfOriginal": bid.share,
        "PostMtM": after.value,
        "PostMM": after.maintenance,
        "PostBM": after.buffer,
        "PostFMax": auction.share_for_sale(RULES, after.maintenance, after.value, reserved, elapsed),
    }, after_bid


def _settled(feeds: Mapping[str, Any]) -> Fraction:
    """Profit and funding of the perp, which an auction settles to cash before it looks at the account."""
    return sum((exact(feeds.get(key), key) / WAD for key in ("UnrealisedPerpPNL", "UnrealisedFunding")), Fraction(0))


def _margins(first: Mapping[str, Any], feeds: Mapping[str, Any], balances: Balances, time: int) -> Margins:
    """The account with the feeds of an action, by the engine."""
    account = account_of(feeds, TEST_RULES, time)
    held = account_of(first, TEST_RULES)
    kept = float(balances.kept)
    found = margin_of(
        replace(
            account,
            amounts=[[amount * kept for amount in one] for one in _ordered(account, feeds, first)],
            perps=held.perps * kept,
            assets=[replace_amount(one, mine.amount * kept) for one, mine in zip(account.assets, held.assets)],
            cash=float(balances.cash),
            perp_profit=0.0,
        )
    )
    return Margins(decimal(found.equity), decimal(found.maintenance))


def replace_amount(asset: Any, amount: float) -> Any:
    """The asset, so much of it."""
    return asset._replace(amount=amount)


def _ordered(account: PortfolioAccount, feeds: Mapping[str, Any], first: Mapping[str, Any]) -> list[list[float]]:
    """The account's first amounts, in the order of an action's options."""
    if any(list(feeds[key]) != list(first[key]) for key in ("OptionExpiries", "OptionStrikes", "OptionIsCall")):
        raise NotCovered("the options of an action are not those of the first portfolio, in the same order")
    amounts = account_of(first, TEST_RULES).amounts
    if len(amounts) != len(account.amounts):
        raise NotCovered("the expiries of an action are not those of the first portfolio")
    return [list(one) for one in amounts]


ADAPTERS: Final[dict[str, Adapter]] = {
    "auction.simulation": guarded_case(_simulate),
}
