"""The rows of every table: one field, one int64 column, in this order. ``docs/decisions/record-layout.md`` says why.

Units: ``*_ppb`` and rates are parts per billion, ``*_ms`` and times milliseconds, lots are lots, everything else that
is money is micros.  ``-1`` stands for "none" where a row number is meant.
"""

from typing import TypedDict


class CommandRow(TypedDict):
    """One command: 16 words, 128 bytes, the record of the journal. Unused fields must be 0."""

    kind: int
    id: int
    time: int
    account: int
    counterparty: int
    instrument: int
    lots: int
    price: int
    amount: int
    flags: int
    reserved_lots: int
    reserved_lots_counterparty: int
    premium: int
    confidence: int
    sources: int
    payload_words: int


class EventRow(TypedDict):
    """One event: what happened to ``account`` in ``instrument`` (deltas), 104 bytes."""

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
    order_lots: int


class LedgerRow(TypedDict):
    """One step of a liquidation: what was taken, by which mechanism, and who paid. 128 bytes.

    ``to_liquidator`` is negative where the taker bore a loss (deleveraging); ``bad_debt`` sums to ``totals.bad_debt``.
    """

    sequence: int
    command_id: int
    time: int
    account: int
    instrument: int
    mechanism: int
    taker: int
    lots: int
    price: int
    repaid: int
    seized: int
    to_liquidator: int
    to_fund: int
    fund_paid: int
    bad_debt: int
    stage_equity: int


class AccountRow(TypedDict):
    """A margin account: 16 words, 128 bytes. ``case``: its row of ``cases``, 0 for none."""

    owner: int
    cash: int
    status: int
    mode: int
    isolated: int
    stage: int
    stage_since: int
    leverage_rate: int
    trigger_ppb: int
    triggered: int
    generation: int
    changed: int
    start: int
    count: int
    capacity: int
    case: int


class CaseRow(TypedDict):
    """What only few accounts have: a way through the waterfall, stakes, an endorsement. 16 words; row 0 is none.

    ``slice_since``: since when slices are offered, ``seals`` and ``stakes``: the first row of each list. ``auction_*``:
    the collateral auction under way, ``keeper`` who started it and ``keeper_due`` what it is still owed.
    """

    account: int
    called_since: int
    call_ended: int
    reserved_cash: int
    slice_since: int
    insolvent_since: int
    batch: int
    seals: int
    auction_instrument: int
    auction_top: int
    auction_since: int
    keeper: int
    keeper_due: int
    stakes: int
    endorsed: int
    next: int


class PotTermsRow(TypedDict):
    """The terms of a pot: the canonical payload of set_pot."""

    kind: int
    account: int
    rank: int
    instrument: int
    fee: int
    unbonding: int
    capacity: int
    weight: int


class PotRow(PotTermsRow):
    """Money that shares divide: a tranche of the insurance, the backstop, an AMM. Row 0 stands for none.

    ``own``: shares nobody can redeem; ``shares``: those of stakes. ``first`` and ``last``: the queue of exits.
    """

    status: int
    epoch: int
    shares: int
    own: int
    unbonding_shares: int
    first: int
    last: int
    paid: int


class StakeRow(TypedDict):
    """What one account has in one pot. Lists: ``next`` of the account, ``behind`` of the pot's queue; 0 ends both."""

    account: int
    pot: int
    epoch: int
    shares: int
    unbonding: int
    release_time: int
    next: int
    behind: int


class SealRow(TypedDict):
    """A sealed bid on an account: four words of its commitment, what it turned out to be, ``next`` of the account."""

    account: int
    bidder: int
    word_1: int
    word_2: int
    word_3: int
    word_4: int
    bond: int
    part: int
    discount: int
    revealed: int
    next: int
    spare: int


class PointRow(TypedDict):
    """A point of a price curve. The first row of a curve says how many there are and whether they are joined."""

    time: int
    value: int


class HoldingRow(TypedDict):
    """What an account holds of one instrument: 48 bytes, contiguous per account."""

    instrument: int
    lots: int
    cost: int
    bid_lots: int
    ask_lots: int
    reserved: int


class PriceRow(TypedDict):
    """What margin reads of an instrument for every holding: first in the row, to share its cache lines."""

    unit: int
    mark: int
    funding: int
    blocks: int
    penalised: int
    rate_open_interest: int
    rate_confidence: int


class ListingRow(TypedDict):
    """The parameters of an instrument: the canonical payload of list_instrument and set_instrument."""

    kind: int
    rate_initial: int
    rate_maintenance: int
    scale: int
    mark_max: int
    lots_max: int
    open_lots_max: int
    notional_min: int
    backstop_lots_max: int
    segment_lots_1: int
    segment_lots_2: int
    segment_lots_3: int
    segment_initial_1: int
    segment_initial_2: int
    segment_initial_3: int
    segment_maintenance_1: int
    segment_maintenance_2: int
    segment_maintenance_3: int
    slope_initial: int
    slope_maintenance: int
    root_base_initial: int
    root_base_maintenance: int
    root_factor_initial: int
    root_factor_maintenance: int
    open_interest_lower: int
    open_interest_upper: int
    confidence_factor: int
    fee_maker: int
    fee_taker: int
    fee_liquidation: int
    fee_backstop: int
    band: int
    age_fill_max: int
    age_margin_max: int
    sources_min: int
    confidence_max: int
    volatility_max: int
    volatility_window: int
    funding_interval: int
    funding_rate_max: int
    funding_interest: int
    expiry: int
    settlement_window: int
    risk_class: int
    risk_group: int
    strike: int
    option_type: int
    confidence_threshold: int
    tier: int


class InstrumentRow(PriceRow, ListingRow):
    """An instrument: what margin reads, its parameters, then what the engine keeps about it.

    ``lots_most``: no account has more; ``lots_max``, or what was held when that was lowered.
    """

    status: int
    open_lots: int
    vault: int
    realised: int
    mark_time: int
    confidence: int
    sources: int
    premium: int
    oracle_state: int
    non_positive: int
    volatility_mean: int
    premium_sum: int
    premium_time: int
    funding_due: int
    funding_remainder: int
    settlement_sum: int
    settlement_time: int
    settlement_phase: int
    settlement_cursor: int
    settlement_deficit: int
    settlement_profit: int
    holders: int
    spot: int
    underlies: int
    lots_most: int


class PolicyRow(TypedDict):
    """The pool's parameters: the canonical payload of set_policy."""

    call_buffer: int
    call_deadline: int
    exit_buffer: int
    backstop_after: int
    backstop_ratio: int
    fund_share: int
    profit_haircut: int
    depeg_threshold: int
    depeg_factor: int
    gap_max: int
    grace: int
    accounts_per_tick: int
    steps_per_tick: int
    settlements_per_tick: int
    adl: int
    deposit_notional_min: int
    class_offset: int
    slice_discount: int
    recall_after: int
    cool_off: int
    endorsed_first: int
    curve_slice: int
    slice_whole: int
    insolvent_after: int
    curve_insolvent: int
    batch_commit: int
    batch_reveal: int
    batch_bond: int
    batch_bids_min: int
    batch_discount_max: int
    curve_collateral: int
    collateral_buffer: int
    collateral_tail: int
    collateral_cusp: int
    keeper_flat: int
    keeper_rate: int
    breaker: int
    swap_slippage: int
    premium_liquidation: int
    premium_trading: int
    quota_day: int
    quota_day_1: int
    quota_day_2: int
    quota_day_3: int
    backstop_day_max: int
    backstop_interest_max: int
    pauses: int


class TotalsRow(TypedDict):
    """One row of sums and cursors."""

    time: int
    grace_until: int
    vault: int
    id_highest: int
    accounts: int
    holdings: int
    instruments: int
    events: int
    ledger: int
    shortfall: int
    shortfall_running: int
    sweep_cursor: int
    sweep_due: int
    sweeping: int
    depeg_rate: int
    depeg_gap: int
    words: int
    scenarios: int
    bad_debt: int
    socialised: int
    commands: int
    event_row: int
    ledger_row: int
    position: int
    command_id: int
    changed: int
    cases: int
    cases_free: int
    stakes: int
    stakes_free: int
    seals: int
    seals_free: int
    day: int
    day_paid: int
    day_paid_1: int
    day_paid_2: int
    day_paid_3: int
    day_backstop: int
    fees_seen: int
    sweep_since: int


class AnswerRow(TypedDict):
    """The first answer to a command id, kept for a bounded window."""

    id: int
    fingerprint: int
    code: int


class BlockRow(TypedDict):
    """Free blocks of holdings of one capacity: the first row of the list, linked through ``reserved``."""

    capacity: int
    first: int


class RankRow(TypedDict):
    """Scratch of the deleveraging queue: not part of the state."""

    key: int
    account: int
    row: int


class ChangedRow(TypedDict):
    """Accounts whose leaf of the state root is out of date."""

    account: int


class ClassRow(TypedDict):
    """The policy of a risk class: the canonical payload of publish_class, before its scenarios."""

    underlying: int
    scale: int
    shift: int
    scenarios: int
    aggregation: int
    tail: int
    grouped: int
    factor_initial: int
    factor_maintenance: int
    ramp: int
    depeg_factor: int
    addons_inside: int
    assets_at_underlying: int
    linear_maintenance: int
    linear_initial: int
    option_maintenance: int
    option_initial: int
    delta_rate: int
    gamma_rate: int
    vega_rate: int
    floor_option: int
    floor_linear: int
    confidence_threshold: int
    confidence_factor: int
    carry_max: int
    reference_max: int
    jump_max: int
    age_max: int
    short_spot_max: int
    short_spot_min: int
    short_call: int
    short_put: int
    short_put_value: int
    offset_scale: int
    unpaired_initial: int
    unpaired_maintenance: int


class RiskClassRow(ClassRow):
    """A risk class: its policy, then what the engine keeps. ``*_now`` are the factors in force while they ramp.

    ``by_group``: 1 where any of its rules looks at netting groups one by one, so that their legs must stand together.
    ``narrow``: 1 where every value of its arrays has 32 bits, and two of them share a word. ``version`` counts its
    policies, the first being 1.
    """

    published: int
    version: int
    unit: int
    width: int
    scenario_start: int
    arrays_time: int
    reference: int
    initial_now: int
    maintenance_now: int
    initial_from: int
    maintenance_from: int
    ramp_start: int
    peg: int
    members: int
    by_group: int
    narrow: int


class ScenarioRow(TypedDict):
    """One scenario of a class: shock in ppb, the rest in parts of 2**30, ``deductible`` in products."""

    shock: int
    damping: int
    linear: int
    skew: int
    deductible: int


class GroupRow(TypedDict):
    """A netting group: discounts in parts of 2**30, the rest in ppb, ``forward`` in micros per unit."""

    risk_class: int
    discount_long: int
    discount_short: int
    basis_factor: int
    confidence: int
    rate_confidence: int
    forward: int


class RiskRow(TypedDict):
    """What margin reads of an instrument with scenarios. ``slot``: first word of its row of arrays, -1 for none.

    ``value``, ``up`` and ``down`` are those in force, in quanta; ``*_published`` as the table has them.
    """

    risk_class: int
    group: int
    slot: int
    value: int
    option_type: int
    strike: int
    pair: int
    delta: int
    gamma: int
    vega: int
    up: int
    down: int
    value_published: int
    up_published: int
    down_published: int
    reference: int
    time: int


class WordRow(TypedDict):
    """One word of a table of arrays."""

    word: int


class LegRow(TypedDict):
    """Scratch: a holding as margin sees it, and what margin reads of its instrument: as HoldingRow, RiskRow, PriceRow.

    128 bytes; what is copied in whole vectors does not cross a cache line.
    """

    number: int
    lots: int
    cost: int
    bid_lots: int
    ask_lots: int
    reserved: int
    scaled: int
    order: int
    risk_class: int
    group: int
    slot: int
    value: int
    unit: int
    mark: int
    funding: int
    blocks: int
