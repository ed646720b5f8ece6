"""The pool: one command in, one answer out (§2), and its tables as plain dictionaries for comparison."""

from collections.abc import Callable

from plimsoll.book.rows import InstrumentRow
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    GAP_MAX,
    ID_WINDOW,
    LOTS_MAX,
    MARK_MAX,
    MICROS_MAX,
    MICROS_PER_TOKEN,
    OPEN_LOTS_MAX,
    POTS_MAX,
    PPB,
)

from . import (
    auction,
    batch,
    bidding,
    bids,
    commands_accounts,
    commands_cash,
    commands_trading,
    curves,
    listing,
    pots,
    prices,
    publish,
    settlement,
    swap,
)
from .cases import CASE_FIELDS, POT_FIELDS, STAKE_FIELDS, seal_values, values_of
from .points import dump_curves
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
    m.COMMAND_SET_MODE: commands_accounts.set_mode,
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
    m.COMMAND_BID: bids.bid,
    m.COMMAND_DELIST: settlement.delist,
    m.COMMAND_SETTLE: settlement.settle,
    m.COMMAND_STAKE: pots.stake,
    m.COMMAND_UNSTAKE: pots.unstake,
    m.COMMAND_SWAP: swap.swap,
    m.COMMAND_COMMIT: batch.commit,
    m.COMMAND_REVEAL: batch.reveal,
    m.COMMAND_AUCTION: auction.auction,
    m.COMMAND_ENDORSE: bidding.endorse,
}
COLD: dict[int, Callable[[State, Command, tuple[int, ...]], None]] = {
    m.COMMAND_LIST_INSTRUMENT: listing.list_instrument,
    m.COMMAND_SET_INSTRUMENT: listing.set_instrument,
    m.COMMAND_SET_POLICY: listing.set_policy,
    m.COMMAND_PUBLISH_CLASS: publish.publish_class,
    m.COMMAND_PUBLISH_ARRAYS: publish.publish_arrays,
    m.COMMAND_SET_POT: pots.set_pot,
    m.COMMAND_SET_CURVE: curves.set_curve,
}

POLICY_DEFAULT = {
    **dict.fromkeys(POLICY_FIELDS, 0),
    "gap_max": GAP_MAX,
    "accounts_per_tick": 2**24,
    "steps_per_tick": 1_000_000,
    "settlements_per_tick": 1_000_000,
    "adl": m.ADL_QUEUE,
    "batch_bids_min": 1,
    "quota_day": MICROS_MAX,
    "quota_day_1": MICROS_MAX,
    "quota_day_2": MICROS_MAX,
    "quota_day_3": MICROS_MAX,
    "backstop_day_max": MICROS_MAX,
    "backstop_interest_max": PPB,
}
"""The least of everything, but for what is a limit of its own."""

ACCOUNT_FIELDS = (
    "owner",
    "cash",
    "status",
    "mode",
    "isolated",
    "stage",
    "stage_since",
    "leverage_rate",
    "trigger_ppb",
    "triggered",
    "generation",
)
DERIVED = ("penalised", "spot", "underlies")
INSTRUMENT_FIELDS = tuple(name for name in InstrumentRow.__annotations__ if name not in DERIVED)
TOTALS_FIELDS = (
    "time",
    "grace_until",
    "vault",
    "id_highest",
    "shortfall",
    "shortfall_running",
    "sweep_cursor",
    "sweep_due",
    "sweeping",
    "sweep_since",
    "depeg_rate",
    "bad_debt",
    "socialised",
    "commands",
    "day",
    "day_paid",
    "day_paid_1",
    "day_paid_2",
    "day_paid_3",
    "day_backstop",
    "fees_seen",
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
        class_bounds: Bounds | None = None,
    ):
        named = [Account(status=m.STATUS_OPEN, mode=m.MODE_STANDARD) for _ in range(m.NAMED_COUNT)]
        super().__init__(
            policy={**POLICY_DEFAULT, **(policy or {})},
            accounts=named,
            instruments=[settlement_token()],
            listing_bounds=listing_bounds,
            policy_bounds=policy_bounds,
            class_bounds=class_bounds,
        )
        prices.refresh_depeg(self)
        self.answers: dict[int, tuple[tuple[int, ...], int]] = {}

    def apply(self, command: Command, payload: tuple[int, ...] = ()) -> int:
        """Decide one command; fields left out are 0."""
        full = {**dict.fromkeys(COMMAND_FIELDS, 0), "payload_words": len(payload), **command}
        number = full["id"]
        content = tuple(full[name] for name in COMMAND_FIELDS if name != "id")
        if number < 1:
            return codes.ID_MUST_BE_POSITIVE
        if not self.id_highest - ID_WINDOW < number <= self.id_highest + ID_WINDOW:
            return codes.ID_MUST_BE_WITHIN_WINDOW
        if number in self.answers:
            first, code = self.answers[number]
            return code if content == first else codes.ID_MUST_NOT_BE_REUSED
        code = self.decide(full, tuple(payload))
        self.commands += 1
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

    def dump(self) -> dict[str, list]:
        """What the engine's tables must say as well, holdings in the order of the account's rows, lists in theirs."""
        accounts = [
            (
                *(int(getattr(account, name)) for name in ACCOUNT_FIELDS),
                [
                    (i, held.lots, held.cost, held.bid_lots, held.ask_lots, held.reserved)
                    for i, held in account.holdings.items()
                ],
            )
            for account in self.accounts
        ]
        for number, row in enumerate(self.instruments):
            row.holders = sum(number in account.holdings for account in self.accounts)
        instruments = [tuple(int(getattr(row, name)) for name in INSTRUMENT_FIELDS) for row in self.instruments]
        totals = [int(getattr(self, name)) for name in TOTALS_FIELDS]
        return {
            "accounts": accounts,
            "instruments": instruments,
            "totals": totals,
            "policy": list(self.policy.values()),
            "cases": [self.dump_case(account) for account in self.accounts],
            "curves": dump_curves(self.curves),
            "pots": [self.dump_pot(number) for number in range(POTS_MAX + 1)],
        }

    def dump_case(self, account: Account) -> tuple | None:
        """The words of an account's case, its stakes and its seals; none where nothing is to be said."""
        if account.case.is_empty():
            return None
        return (
            *values_of(account.case, CASE_FIELDS),
            [values_of(stake, STAKE_FIELDS) for stake in account.case.stakes],
            [seal_values(seal) for seal in account.case.seals],
        )

    def dump_pot(self, number: int) -> tuple:
        """The columns of a pot, and the accounts in its queue."""
        if number not in self.pots:
            return *(0 for _ in POT_FIELDS), []
        pot = self.pots[number]
        return *values_of(pot, POT_FIELDS), [stake.account for stake in pot.queue]
