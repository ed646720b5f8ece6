"""Prices that are not the mark: a collateral auction's, along its curve, and an AMM's (docs/commands.md §10, §11).

Symbols: n lots, m mark, u unit, P price of the auction, x lots and y micros of an AMM.
"""

from collections.abc import Iterator
from typing import Any

from plimsoll.sim.world.checks_ledger import cash_before, lots_before, pairs
from plimsoll.sim.world.moment import Moment, Step, ceil_div
from plimsoll.units.limits import PPB
from plimsoll.units.messages import EVENT_SWAPPED, POT_AMM


def auction_price(moment: Moment, account: int, time: int) -> int:
    """What a unit is offered at in the auction of an account's collateral."""
    case, curve = moment.case_of(account), int(moment.policy["curve_collateral"])
    elapsed = time - int(case["auction_since"])
    return int(case["auction_top"]) * moment.curve_value(curve, elapsed) // PPB


def price_to_sell(lots: int, reserve: int, cash: int, fee: int) -> int:
    """What an AMM pays."""
    counted = lots * (PPB - fee) // PPB
    return cash * counted // (reserve + counted)


def price_to_buy(lots: int, reserve: int, cash: int, fee: int) -> int:
    """What an AMM asks."""
    return ceil_div(ceil_div(cash * lots, reserve - lots) * PPB, PPB - fee)


def wrong_in_auction(step: Step, giver: Any) -> Iterator[str]:
    """Lots sold from the block of an auction: floor(n * P / u), whatever the mark is."""
    lots, unit = -int(giver["lots"]), int(step.after.instruments["unit"][int(giver["instrument"])])
    account = int(giver["account"])
    price = auction_price(step.before, account, int(step.after.totals["time"]))
    if int(step.before.case_of(account)["auction_instrument"]) != int(giver["instrument"]):
        yield f"account {account} had no auction of {giver['instrument']}"
    paid = int(giver["amount"]) + lots * int(giver["price"]) // unit
    if paid != lots * price // unit:
        yield f"account {account} got {paid} for {lots} lots, by its auction {lots * price // unit}"


def wrong_in_exit(step: Step, giver: Any, taker: Any) -> Iterator[str]:
    """Lots sold to an AMM by the waterfall: its own price, and near enough to the mark."""
    asset, lots, paid = int(giver["instrument"]), -int(giver["lots"]), int(giver["cash"])
    yield from _wrong_in_swap(step, giver, taker, asset)
    row = step.after.instruments[asset]
    worth = lots * int(row["mark"]) // int(row["unit"])
    least = ceil_div(worth * (PPB - int(step.before.policy["swap_slippage"])), PPB)
    if paid < max(1, least):
        yield f"account {giver['account']} got {paid} of an AMM for {lots} lots of {asset}, at least {least}"


def wrong_in_swaps(step: Step) -> Iterator[str]:
    """Lots and money of a swap at the price its two reserves make."""
    for person, pot in pairs(step, EVENT_SWAPPED):
        yield from _wrong_in_swap(step, person, pot, int(person["instrument"]))


def _wrong_in_swap(step: Step, person: Any, pot: Any, asset: int) -> Iterator[str]:
    account, lots = int(pot["account"]), int(person["lots"])
    terms = [row for row in step.before.pots[step.before.pots_of(POT_AMM)] if row["account"] == account]
    if len(terms) != 1 or int(terms[0]["instrument"]) != asset:
        yield f"account {account} is no AMM of {asset}"
        return
    sequence = int(pot["sequence"])
    reserve, cash = lots_before(step, account, asset, sequence), cash_before(step, account, sequence)
    fee = int(terms[0]["fee"])
    due = price_to_sell(-lots, reserve, cash, fee) if lots < 0 else -price_to_buy(lots, reserve, cash, fee)
    for event, lots_due, cash_due in ((person, lots, due), (pot, -lots, -due)):
        if (int(event["lots"]), int(event["cash"]), int(event["cost"])) != (lots_due, cash_due, 0):
            yield (
                f"account {event['account']} got {event['lots']} lots and {event['cash']} of an AMM, "
                f"by its reserves {lots_due} and {cash_due}"
            )
