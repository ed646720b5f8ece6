"""The story of a world: what a person would want to know of it, line by line, in the pool's own time."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from plimsoll.book.layout import Array
from plimsoll.sim.world.moment import Step
from plimsoll.units.limits import MICROS_PER_TOKEN
from plimsoll.units.messages import (
    EVENT_BAD_DEBT,
    EVENT_CALL_ENDED,
    EVENT_CALLED,
    EVENT_DELISTED,
    EVENT_GRACE_STARTED,
    EVENT_LIQUIDATION_ENDED,
    EVENT_LIQUIDATION_STARTED,
    EVENT_LISTED,
    EVENT_ORACLE_STATE_CHANGED,
    EVENT_SETTLEMENT_PRICED,
    EVENT_SUSPENDED,
    EVENT_TRIGGERED,
    EVENT_WRITTEN_DOWN,
    MECHANISM_ADL,
    MECHANISM_BACKSTOP,
    MECHANISM_BID,
    MECHANISM_FUND,
    MECHANISM_SETTLEMENT,
    name_of,
)

PHRASES = {
    EVENT_LISTED: "instrument {instrument} is listed",
    EVENT_DELISTED: "instrument {instrument} is delisted",
    EVENT_ORACLE_STATE_CHANGED: "the mark of instrument {instrument} is {state}",
    EVENT_GRACE_STARTED: "a long gap: nobody is liquidated for a while",
    EVENT_SETTLEMENT_PRICED: "instrument {instrument} settles at {price}",
    EVENT_SUSPENDED: "a deposit waits in suspense",
    EVENT_CALLED: "account {account} is called",
    EVENT_CALL_ENDED: "account {account} has met its call",
    EVENT_TRIGGERED: "the trigger of account {account} fires",
    EVENT_LIQUIDATION_STARTED: "account {account} is liquidated, with {amount} left",
    EVENT_LIQUIDATION_ENDED: "account {account} is out of liquidation",
    EVENT_BAD_DEBT: "account {account} leaves a bad debt of {amount}",
    EVENT_WRITTEN_DOWN: "account {account} is written down by {loss}",
}


def tokens(micros: int) -> str:
    """An amount as tokens, to the cent."""
    return f"{micros / MICROS_PER_TOKEN:,.2f}"


class Story:
    """Lines of a story; times are seconds since the pool's first tick."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._first = self._time = 0

    def _add(self, text: str) -> None:
        self.lines.append(f"{(self._time - self._first) / 1_000:>10,.1f}  {text}")

    def note(self, text: str) -> None:
        """What the world says of a batch."""
        if text:
            self._add(f"* {text}")

    def fault(self, text: str) -> None:
        """What went wrong with the machine."""
        self._add(f"! {text}; recovered")

    def tell(self, step: Step) -> None:
        """What became of a command, where that is worth a line."""
        self._time = int(step.after.totals["time"])
        self._first = self._first or self._time
        for event in step.events:
            kind = int(event["kind"])
            if kind in PHRASES:
                self._add(_phrase(PHRASES[kind], event))
        for text in _payments(step.ledger):
            self._add("    " + text)


def _phrase(text: str, event: Any) -> str:
    return text.format(
        account=event["account"],
        instrument=event["instrument"],
        amount=tokens(int(event["amount"])),
        price=tokens(int(event["price"])),
        state=name_of("ORACLE", int(event["amount"])).replace("_", " "),
        loss=tokens(-int(event["cash"])) if event["lots"] == 0 else f"{-int(event['lots'])} lots",
    )


def _payments(ledger: Array) -> Iterator[str]:
    """Who took what and who paid; those who are deleveraged for one leg together."""
    for (mechanism, account, number), group in groupby(ledger, _leg_of):
        lines = list(group)
        if mechanism == MECHANISM_ADL and len(lines) > 1:
            lots, borne = (sum(abs(int(line[name])) for line in lines) for name in ("lots", "to_liquidator"))
            what = f"{lots} lots of instrument {number} of account {account}"
            yield f"{len(lines)} accounts are deleveraged: they close {what} and bear {tokens(borne)}"
        else:
            yield from map(_who_paid, lines)


def _leg_of(line: Any) -> tuple[int, int, int]:
    return int(line["mechanism"]), int(line["account"]), int(line["instrument"])


def _who_paid(line: Any) -> str:
    account, taker, number = (int(line[name]) for name in ("account", "taker", "instrument"))
    what = f"{abs(int(line['lots']))} lots of instrument {number} of account {account}"
    mechanism, fee = int(line["mechanism"]), int(line["to_liquidator"])
    debt, paid = tokens(int(line["bad_debt"])), tokens(int(line["fund_paid"]))
    if mechanism in (MECHANISM_BID, MECHANISM_BACKSTOP):
        who = f"account {taker}" if mechanism == MECHANISM_BID else "the backstop"
        if line["lots"] == 0:
            return f"account {account} pays {who} {tokens(fee)} and the fund {tokens(int(line['to_fund']))} for a slice"
        return f"{who} takes {what} at {tokens(int(line['price']))} for {tokens(fee)}"
    if mechanism == MECHANISM_FUND:
        return f"the fund pays {paid} for account {account}" if line["lots"] == 0 else f"the fund buys {what}"
    if mechanism == MECHANISM_ADL:
        return f"account {taker} is deleveraged: it closes {what} and bears {tokens(-fee)}"
    if mechanism == MECHANISM_SETTLEMENT:
        return f"the winners of instrument {number} bear {debt} for account {account}"
    return f"everybody else bears {debt} for account {account}"
