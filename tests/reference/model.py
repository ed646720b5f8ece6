"""The pool: one command in, one answer out (§2), and its tables as plain dictionaries for comparison."""

from collections.abc import Callable

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import ID_WINDOW, LOTS_MAX, MARK_MAX, MICROS_PER_TOKEN, OPEN_LOTS_MAX

from . import commands_accounts, commands_cash, commands_trading, listing, prices, settlement, waterfall
from .state import (
    COMMAND_FIELDS,
    LISTING_FIELDS,
    POLICY_FIELDS,
    Account,
    Command,
    Instrument,
    Refused,
    State,
)

Bounds = dict[str, tuple[int, int]]

HOT: dict[int, Callable[[State, Command], None]] = {
    m.COMMAND_OPEN_ACCOUNT: commands_accounts.open_account,
    m.COMMAND_CLOSE_ACCOUNT: commands_accounts.close_account,
    m.COMMAND_SET_LIMITS: commands_accounts.set_limits,
    m.COMMAND_DEPOSIT: commands_cash.deposit,
    m.COMMAND_WITHDRAW: commands_cash.withdraw,
    m.COMMAND_PAY_WITHDRAWAL: commands_cash.pay_withdrawal,
    m.COMMAND_TRANSFER: commands_cash.transfer,
    m.COMMAND_REALISE: commands_cash.realise,
    m.COMMAND_WRITE_DOWN: commands_cash.write_down,
    m.COMMAND_FILL: commands_trading.fill,
    m.COMMAND_RESERVE: commands_trading.reserve,
    m.COMMAND_RELEASE: commands_trading.release,
    m.COMMAND_REPLACE: commands_trading.replace,
    m.COMMAND_MARK: prices.mark,
    m.COMMAND_TICK: prices.tick,
    m.COMMAND_BID: waterfall.bid,
    m.COMMAND_DELIST: settlement.delist,
    m.COMMAND_SETTLE: settlement.settle,
}
COLD: dict[int, Callable[[State, Command, tuple[int, ...]], None]] = {
    m.COMMAND_LIST_INSTRUMENT: listing.list_instrument,
    m.COMMAND_SET_INSTRUMENT: listing.set_instrument,
    m.COMMAND_SET_POLICY: listing.set_policy,
}

POLICY_DEFAULT = {
    **dict.fromkeys(POLICY_FIELDS, 0),
    "gap_max": 366 * 24 * 3600 * 1000,
    "accounts_per_tick": 2**24,
    "steps_per_tick": 1_000_000,
    "settlements_per_tick": 1_000_000,
    "adl": m.ADL_QUEUE,
}

INSTRUMENT_FIELDS = (
    "status",
    "mark",
    "funding",
    "oracle_state",
    "blocks",
    "open_lots",
    "vault",
    "realised",
    "volatility_mean",
    "rate_open_interest",
    "rate_confidence",
    "premium_sum",
    "premium_time",
    "funding_due",
    "funding_remainder",
    "expiry",
    "settlement_sum",
    "settlement_time",
    "settlement_deficit",
    "settlement_profit",
)


def settlement_token() -> Instrument:
    token = Instrument(
        {
            **dict.fromkeys(LISTING_FIELDS, 0),
            "kind": m.KIND_ASSET,
            "scale": 6,
            "mark_max": MARK_MAX,
            "lots_max": LOTS_MAX,
            "open_lots_max": OPEN_LOTS_MAX,
        }
    )
    token.mark = MICROS_PER_TOKEN
    token.blocks, token.oracle_state = 0, m.ORACLE_VALID
    return token


class ReferencePool(State):
    """An empty pool: the named accounts, the settlement token, a policy; bounds other than the book's for tests."""

    def __init__(
        self,
        policy: dict[str, int] | None = None,
        listing_bounds: Bounds | None = None,
        policy_bounds: Bounds | None = None,
    ):
        named = [Account(status=m.STATUS_OPEN, mode=m.MODE_STANDARD) for _ in range(m.NAMED_COUNT - 1)]
        super().__init__(
            policy={**POLICY_DEFAULT, **(policy or {})},
            accounts=[*named, Account()],
            instruments=[settlement_token()],
            listing_bounds=listing_bounds,
            policy_bounds=policy_bounds,
        )
        prices.refresh_depeg(self)
        self.answers: dict[int, tuple[tuple[int, ...], int]] = {}

    def apply(self, command: Command, payload: tuple[int, ...] = ()) -> int:
        """Decide one command; fields left out are 0."""
        full = {**dict.fromkeys(COMMAND_FIELDS, 0), **command}
        number = full["id"]
        content = tuple(full[name] for name in COMMAND_FIELDS if name != "id") + tuple(payload)
        if number < 1:
            return codes.ID_MUST_BE_POSITIVE
        if not self.id_highest - ID_WINDOW < number <= self.id_highest + ID_WINDOW:
            return codes.ID_MUST_BE_WITHIN_WINDOW
        if number in self.answers:
            first, code = self.answers[number]
            return code if content == first else codes.ID_MUST_NOT_BE_REUSED
        code = self.decide(full, tuple(payload))
        self.answers[number] = (content, code)
        self.id_highest = max(self.id_highest, number)
        return code

    def decide(self, command: Command, payload: tuple[int, ...]) -> int:
        try:
            if command["kind"] in HOT:
                HOT[command["kind"]](self, command)
            elif command["kind"] in COLD:
                COLD[command["kind"]](self, command, payload)
            else:
                return codes.COMMAND_MUST_BE_KNOWN
        except Refused as refusal:
            return refusal.code
        return codes.OK

    def dump(self) -> dict:
        """What the engine's tables must say as well; free rows of accounts are left out."""
        accounts = {
            number: {
                "owner": account.owner,
                "cash": account.cash,
                "status": account.status,
                "stage": account.stage,
                "stage_since": account.stage_since,
                "holdings": [
                    (i, held.lots, held.cost, held.bid_lots, held.ask_lots, held.reserved)
                    for i, held in sorted(account.holdings.items())
                ],
            }
            for number, account in enumerate(self.accounts)
            if account.status == m.STATUS_OPEN
        }
        instruments = {
            number: {name: getattr(row, name) for name in INSTRUMENT_FIELDS}
            for number, row in enumerate(self.instruments)
        }
        totals = {name: getattr(self, name) for name in ("time", "grace_until", "vault", "shortfall", "depeg_rate")}
        return {"accounts": accounts, "instruments": instruments, "totals": totals}
