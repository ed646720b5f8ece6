"""What goes in and what comes out: kinds of commands, events and the words both share. Numbers are never reused."""

from typing import Final, NamedTuple

# Kinds of commands. Hot ones are a 128-byte record; cold ones carry a canonical payload as well.
COMMAND_OPEN_ACCOUNT: Final = 1
COMMAND_CLOSE_ACCOUNT: Final = 2
COMMAND_SET_LIMITS: Final = 3
COMMAND_DEPOSIT: Final = 4
COMMAND_WITHDRAW: Final = 5
COMMAND_PAY_WITHDRAWAL: Final = 6
COMMAND_TRANSFER: Final = 7
COMMAND_FILL: Final = 8
COMMAND_REALISE: Final = 9
COMMAND_RESERVE: Final = 10
COMMAND_RELEASE: Final = 11
COMMAND_REPLACE: Final = 12
COMMAND_MARK: Final = 13
COMMAND_TICK: Final = 14
COMMAND_BID: Final = 15
COMMAND_WRITE_DOWN: Final = 16
COMMAND_DELIST: Final = 17
COMMAND_SETTLE: Final = 18
COMMAND_LIST_INSTRUMENT: Final = 19
COMMAND_SET_INSTRUMENT: Final = 20
COMMAND_SET_POLICY: Final = 21
COMMAND_SET_MODE: Final = 22
COMMAND_PUBLISH_CLASS: Final = 23
COMMAND_PUBLISH_ARRAYS: Final = 24
COMMAND_STAKE: Final = 25
COMMAND_UNSTAKE: Final = 26
COMMAND_SWAP: Final = 27
COMMAND_COMMIT: Final = 28
COMMAND_REVEAL: Final = 29
COMMAND_AUCTION: Final = 30
COMMAND_ENDORSE: Final = 31
COMMAND_SET_POT: Final = 32
COMMAND_SET_CURVE: Final = 33

COLD: Final = (
    COMMAND_LIST_INSTRUMENT,
    COMMAND_SET_INSTRUMENT,
    COMMAND_SET_POLICY,
    COMMAND_PUBLISH_CLASS,
    COMMAND_PUBLISH_ARRAYS,
    COMMAND_SET_POT,
    COMMAND_SET_CURVE,
)


# Kinds of events. Every change of cash, lots or cost is in exactly one event's deltas.
EVENT_ACCOUNT_OPENED: Final = 1
EVENT_ACCOUNT_CLOSED: Final = 2
EVENT_LIMITS_SET: Final = 3
EVENT_DEPOSITED: Final = 4
EVENT_SUSPENDED: Final = 5
EVENT_WITHDRAWAL_REQUESTED: Final = 6
EVENT_WITHDRAWAL_PENDING: Final = 7
EVENT_WITHDRAWAL_PAID: Final = 8
EVENT_TRANSFERRED: Final = 9
EVENT_FILLED: Final = 10
EVENT_REALISED: Final = 11
EVENT_RESERVED: Final = 12
EVENT_RELEASED: Final = 13
EVENT_MARKED: Final = 14
EVENT_ORACLE_STATE_CHANGED: Final = 15
EVENT_GRACE_STARTED: Final = 16
EVENT_FUNDING_APPLIED: Final = 17
EVENT_LISTED: Final = 18
EVENT_INSTRUMENT_SET: Final = 19
EVENT_POLICY_SET: Final = 20
EVENT_DELISTED: Final = 21
EVENT_WRITTEN_DOWN: Final = 22
EVENT_SETTLEMENT_PRICED: Final = 23
EVENT_SETTLED: Final = 24
EVENT_SERIES_CUT: Final = 25
EVENT_CALLED: Final = 26
EVENT_CALL_ENDED: Final = 27
EVENT_TRIGGERED: Final = 28
EVENT_LIQUIDATION_STARTED: Final = 29
EVENT_LIQUIDATION_ENDED: Final = 30
EVENT_LIQUIDATED: Final = 31
EVENT_TAKEN_OVER: Final = 32
EVENT_FEE_PAID: Final = 33
EVENT_FUND_PAID: Final = 34
EVENT_DELEVERAGED: Final = 35
EVENT_LOSS_SOCIALISED: Final = 36
EVENT_BAD_DEBT: Final = 37
EVENT_DUSTED: Final = 38
EVENT_MODE_SET: Final = 39
EVENT_CLASS_PUBLISHED: Final = 40
EVENT_ARRAYS_PUBLISHED: Final = 41
EVENT_STAKED: Final = 42
EVENT_UNSTAKING: Final = 43
EVENT_UNSTAKED: Final = 44
EVENT_SHARES_CHANGED: Final = 45
EVENT_POT_SET: Final = 46
EVENT_POT_WIPED: Final = 47
EVENT_PREMIUM_PAID: Final = 48
EVENT_SWAPPED: Final = 49
EVENT_CURVE_SET: Final = 50
EVENT_COMMITTED: Final = 51
EVENT_REVEALED: Final = 52
EVENT_BOND_RETURNED: Final = 53
EVENT_BOND_LOST: Final = 54
EVENT_BATCH_ENDED: Final = 55
EVENT_AUCTION_STARTED: Final = 56
EVENT_KEEPER_PAID: Final = 57
EVENT_INSOLVENT: Final = 58
EVENT_COOLED_OFF: Final = 59
EVENT_ENDORSED: Final = 60

# Rows every pool has: accounts like any other, so nothing is outside the books.
NAMED_FUND: Final = 0
NAMED_FEES: Final = 1
NAMED_DUST: Final = 2
NAMED_BACKSTOP: Final = 3
NAMED_SUSPENSE: Final = 4
NAMED_PENDING: Final = 5
NAMED_SETTLEMENT: Final = 6
NAMED_BONDS: Final = 7
NAMED_COUNT: Final = 8
"""First account number of an owner."""

# Where an account stands in the waterfall, as of the last sweep that looked at it.
STAGE_HEALTHY: Final = 0
STAGE_CALLED: Final = 1
STAGE_LIQUIDATING: Final = 2
STAGE_COOLING: Final = 3
"""After a liquidation, for the policy's ``cool_off``: risk may only be reduced."""

# Who took a leg in a step of the waterfall (column ``mechanism`` of the liquidation ledger).
MECHANISM_BID: Final = 1
MECHANISM_BACKSTOP: Final = 2
MECHANISM_FUND: Final = 3
MECHANISM_ADL: Final = 4
MECHANISM_SOCIALISED: Final = 5
MECHANISM_SETTLEMENT: Final = 6
MECHANISM_SLICE: Final = 7
MECHANISM_BATCH: Final = 8
MECHANISM_AUCTION: Final = 9
MECHANISM_AMM: Final = 10
MECHANISM_TRANCHE: Final = 11
MECHANISM_INSOLVENT: Final = 12

# Bits of the policy's ``pauses``: a mechanism that rests.
PAUSE_BID: Final = 1
PAUSE_SLICE: Final = 2
PAUSE_BATCH: Final = 4
PAUSE_AUCTION: Final = 8
PAUSE_SWAP: Final = 16
PAUSE_BACKSTOP: Final = 32
PAUSE_RESOLVE: Final = 64
PAUSE_STAKE: Final = 128
PAUSE_ALL: Final = 255

# Kinds of pots.
POT_BACKSTOP: Final = 1
POT_TRANCHE: Final = 2
POT_AMM: Final = 3

# Where the sealed-bid batch of an account stands (column ``batch`` of its case).
BATCH_NONE: Final = 0
BATCH_OPEN: Final = 1
BATCH_OVER: Final = 2

# Levels of the policy's ``breaker`` of collateral auctions: each stops what the one before stops, and one thing more.
BREAKER_STARTS: Final = 1
BREAKER_RESETS: Final = 2
BREAKER_TAKES: Final = 3

# Kinds of instruments.
KIND_ASSET: Final = 1
KIND_PERP: Final = 2
KIND_FUTURE: Final = 3
KIND_OPTION: Final = 4

# Types of options.
OPTION_CALL: Final = 1
OPTION_PUT: Final = 2

# How a class makes one loss of many scenarios.
AGGREGATION_MAX: Final = 1
AGGREGATION_VAR: Final = 2
AGGREGATION_ES: Final = 3

# Life of an instrument; an account uses FREE and OPEN only.
STATUS_FREE: Final = 0
STATUS_OPEN: Final = 1
STATUS_REDUCE_ONLY: Final = 2
STATUS_SETTLING: Final = 3
STATUS_CLOSED: Final = 4

# Margin mode of an account.
MODE_STANDARD: Final = 1
MODE_PORTFOLIO: Final = 2
MODE_POT: Final = 3
"""The account of a tranche or an AMM: moved by the rules of its pot alone."""

# Who is deleveraged: by profit times leverage, or everyone pro rata.
ADL_QUEUE: Final = 1
ADL_PRO_RATA: Final = 2

# Bits of a command's ``flags``.
FLAG_FROM_CHAIN: Final = 1
"""A deposit the chain has already taken: what cannot be credited waits in suspense."""
FLAG_OPERATOR: Final = 2
"""The venue itself acts: needed to move money out of suspense."""

# What a price may be used for: bits of an instrument's ``blocks``.
ACTION_LIQUIDATE: Final = 1
ACTION_MARGIN: Final = 2
ACTION_FILL: Final = 4
ACTION_FUNDING: Final = 8
ACTION_WITHDRAW: Final = 16
ACTION_SETTLE: Final = 32
ACTION_ALL: Final = 63

# States of a mark, the gravest that applies.
ORACLE_VALID: Final = 0
ORACLE_STALE_FOR_FILL: Final = 1
ORACLE_TOO_FEW_SOURCES: Final = 2
ORACLE_STALE_FOR_MARGIN: Final = 3
ORACLE_TOO_UNCERTAIN: Final = 4
ORACLE_TOO_VOLATILE: Final = 5
ORACLE_NON_POSITIVE: Final = 6
ORACLE_UNPRICED: Final = 7


class EventRecord(NamedTuple):
    """One event as plain integers: what the auditor reads. Deltas are of ``account`` in ``instrument``.

    ``order_lots``: lots of an order reserved or released, bids positive, asks negative.
    """

    sequence: int
    kind: int
    command_id: int
    account: int
    counterparty: int
    instrument: int
    lots: int
    cost: int
    cash: int
    fee: int
    price: int
    amount: int
    order_lots: int = 0


def name_of(prefix: str, number: int) -> str:
    """The lower-case word of a number: ``name_of("STAGE", 1)`` is ``"called"``; unknown numbers stay digits."""
    for name, value in globals().items():
        if value == number and name.startswith(prefix + "_"):
            return name.removeprefix(prefix + "_").lower()
    return str(number)
