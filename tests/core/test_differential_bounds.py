"""One unit inside and one outside each bound: the code is predicted here, engine and model must both say it."""

import pytest
from tests.reference.build import ASSET, CONTRACT, FUTURE, HOUR, PERCENT, TOKEN
from tests.reference.margin import figures
from tests.reference.pair import Pair
from tests.reference.state import LISTING_FIELDS, POLICY_FIELDS

from plimsoll.book.parameters import LISTING_BOUNDS, POLICY_BOUNDS
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    COST_MAX,
    HOLDINGS_PER_ACCOUNT_MAX,
    ID_WINDOW,
    INT64_MAX,
    INT64_MIN,
    MICROS_MAX,
    PPB,
    PREMIUM_MAX,
    RATE_MAX,
    TIME_MAX,
    TIME_SUM_MAX,
    TRIGGER_MAX,
)

RICH = 10**13


@pytest.fixture
def pair() -> Pair:
    return Pair(backstop_after=HOUR, backstop_ratio=0, deposit_notional_min=0)


def figures_of(pair: Pair, account: int):
    return figures(pair.model, pair.model.accounts[account])


def traded(pair: Pair, lots: int, price: int, cash: int, **changes: int) -> tuple[int, int, int]:
    """A long and a short with the same cash: (instrument, long, short)."""
    number = pair.list({**CONTRACT, **changes}, price)
    long, short = pair.open(cash), pair.open(cash)
    assert pair.fill(long, short, number, lots, price) == codes.OK
    return number, long, short


class TestFill:
    def test_lots_of_the_trade(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker = pair.open(RICH), pair.open(RICH)
        for lots in (10_001, -10_001, INT64_MAX, INT64_MIN):
            assert pair.fill(taker, maker, number, lots, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 0, TOKEN) == codes.LOTS_MUST_NOT_BE_ZERO
        assert pair.fill(taker, maker, number, 10_000, TOKEN) == codes.OK

    def test_lots_after_it_with_open_orders(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker, other = (pair.open(RICH) for _ in range(3))
        pair.must(m.COMMAND_RESERVE, account=taker, instrument=number, lots=1, price=TOKEN)
        assert pair.fill(taker, maker, number, 10_000, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(other, taker, number, -10_000, TOKEN) == codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 9_999, TOKEN) == codes.OK
        assert pair.fill(taker, maker, number, 2, TOKEN, reserved_lots=1) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, maker, number, 1, TOKEN, reserved_lots=1) == codes.OK

    def test_price_and_band(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN, band=5 * PERCENT)
        taker, maker = pair.open(RICH), pair.open(RICH)
        for price in (0, -1, INT64_MIN):
            assert pair.fill(taker, maker, number, 1, price) == codes.PRICE_MUST_BE_POSITIVE
        for price in (105 * TOKEN + 1, 95 * TOKEN - 1, INT64_MAX, 1):
            assert pair.fill(taker, maker, number, 1, price) == codes.PRICE_MUST_BE_WITHIN_BAND
        for price in (105 * TOKEN, 95 * TOKEN):
            assert pair.fill(taker, maker, number, 1, price) == codes.OK

    def test_reservations(self, pair):
        number = pair.list(CONTRACT, TOKEN)
        taker, maker = pair.open(RICH), pair.open(RICH)
        pair.must(m.COMMAND_RESERVE, account=taker, instrument=number, lots=5, price=TOKEN)
        pair.must(m.COMMAND_RESERVE, account=maker, instrument=number, lots=-5, price=TOKEN)
        trade = (taker, maker, number, 3, TOKEN)
        assert pair.fill(*trade, reserved_lots=4) == codes.RESERVATION_MUST_COVER
        assert pair.fill(*trade, reserved_lots=-1) == codes.RESERVATION_MUST_COVER
        assert pair.fill(*trade, reserved_lots_counterparty=4) == codes.COUNTERPARTY_RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, -3, TOKEN, reserved_lots=1) == codes.RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, 6, TOKEN, reserved_lots=6) == codes.RESERVATION_MUST_COVER
        assert pair.fill(taker, maker, number, 6, TOKEN, reserved_lots=5, reserved_lots_counterparty=5) == codes.OK

    def test_notional_left(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN, notional_min=500 * TOKEN)
        taker, maker, third = (pair.open(RICH) for _ in range(3))
        assert pair.fill(taker, maker, number, 4, 100 * TOKEN) == codes.NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, 5, 100 * TOKEN) == codes.OK
        assert pair.fill(third, maker, number, -9, 100 * TOKEN) == codes.COUNTERPARTY_NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, -1, 100 * TOKEN) == codes.NOTIONAL_MUST_REACH_MINIMUM
        assert pair.fill(taker, maker, number, -5, 100 * TOKEN) == codes.OK

    def test_open_interest(self, pair):
        number = pair.list(CONTRACT, TOKEN, open_lots_max=10)
        first, second, third = (pair.open(RICH) for _ in range(3))
        assert pair.fill(first, second, number, 11, TOKEN) == codes.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(first, second, number, 10, TOKEN) == codes.OK
        assert pair.fill(third, second, number, 1, TOKEN) == codes.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(first, third, number, -10, TOKEN) == codes.OK

    def test_cost(self):
        pair = Pair()
        top = 10**15
        number = pair.list({**CONTRACT, "mark_max": top, "lots_max": 2, "open_lots_max": 100}, top)
        taker, maker, other = (pair.open(2 * 10**16) for _ in range(3))
        assert pair.fill(taker, maker, number, 2, 2 * top) == codes.OK
        assert pair.model.accounts[taker].holdings[number].cost == COST_MAX
        assert pair.fill(taker, other, number, -1, 1) == codes.OK
        assert pair.fill(taker, other, number, 1, 2) == codes.COST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(taker, other, number, 1, 1) == codes.OK
        # The maker's cost is -COST_MAX; it buys one back for 1 and may not sell it for 2.
        assert pair.fill(other, maker, number, -1, 1) == codes.OK
        assert pair.fill(other, maker, number, 1, 2) == codes.COST_MUST_BE_WITHIN_LIMIT
        assert pair.fill(other, maker, number, 1, 1) == codes.OK

    def test_reduce_only(self, pair):
        number, long, short = traded(pair, 3, TOKEN, RICH)
        pair.must(m.COMMAND_DELIST, instrument=number)
        third = pair.open(RICH)
        for trade in ((long, short, 1), (long, short, -4), (third, short, 1), (long, third, -1)):
            assert pair.fill(*trade[:2], number, trade[2], TOKEN) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
        assert pair.fill(long, short, number, -3, TOKEN) == codes.OK

    @pytest.mark.parametrize("short_of", [0, 1])
    def test_initial_margin_to_the_micro(self, pair, short_of):
        fees = {"fee_taker": PERCENT, "fee_maker": PERCENT // 2}
        number = pair.list({**CONTRACT, **fees}, 100 * TOKEN)
        # IM is 100; the fees on 1,000 are 10 and 5.
        taker, maker = pair.open(110 * TOKEN - short_of), pair.open(105 * TOKEN - short_of)
        rich = pair.open(RICH)
        covered = codes.OK if short_of == 0 else codes.MARGIN_INITIAL_MUST_BE_COVERED
        other = codes.OK if short_of == 0 else codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.fill(taker, rich, number, 10, 100 * TOKEN) == covered
        assert pair.fill(rich, maker, number, 10, 100 * TOKEN) == other

    def test_cash_of_a_buyer_to_the_micro(self, pair):
        asset = pair.list(ASSET, 100 * TOKEN, fee_taker=PERCENT)
        seller, buyer = pair.open(TOKEN), pair.open(101 * TOKEN - 1)
        pair.deposit_asset(seller, asset, 2)
        assert pair.fill(buyer, seller, asset, 1, 100 * TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
        pair.deposit(buyer, 1)
        assert pair.fill(buyer, seller, asset, 3, 1) == codes.COUNTERPARTY_LOTS_MUST_NOT_BE_SHORT
        assert pair.fill(buyer, seller, asset, 1, 100 * TOKEN) == codes.OK
        assert pair.fill(buyer, seller, asset, -2, 1) == codes.LOTS_MUST_NOT_BE_SHORT
        assert pair.fill(seller, buyer, asset, -1, 1) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
        pair.deposit(buyer, 1)
        assert pair.fill(seller, buyer, asset, -1, 1) == codes.OK

    def test_parties_and_instruments(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)
        one, own, other = pair.open(RICH, owner=5), pair.open(RICH, owner=5), pair.open(RICH)
        isolated = pair.open(RICH, isolated=number)
        last = len(pair.model.accounts)
        for taker, maker, instrument, code in (
            (last, other, number, codes.ACCOUNT_MUST_EXIST),
            (-1, other, number, codes.ACCOUNT_MUST_EXIST),
            (one, last, number, codes.COUNTERPARTY_MUST_EXIST),
            (one, one, number, codes.ACCOUNTS_MUST_DIFFER),
            (3, one, number, codes.ACCOUNT_MUST_NOT_BE_NAMED),
            (one, 3, number, codes.COUNTERPARTY_MUST_NOT_BE_NAMED),
            (one, own, number, codes.OWNERS_MUST_DIFFER),
            (one, other, 0, codes.INSTRUMENT_MUST_BE_TRADABLE),
            (one, other, 3, codes.INSTRUMENT_MUST_BE_LISTED),
            (one, other, -1, codes.INSTRUMENT_MUST_BE_LISTED),
            (isolated, other, asset, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT),
            (other, isolated, asset, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT),
            (isolated, other, number, codes.OK),
        ):
            assert pair.fill(taker, maker, instrument, 1, TOKEN) == code
        operator = {"flags": m.FLAG_OPERATOR}
        pair.deposit(m.NAMED_BACKSTOP, RICH)
        assert pair.fill(1, one, number, 1, TOKEN, **operator) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert pair.fill(one, 1, number, 1, TOKEN, **operator) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert pair.fill(3, one, number, 1, TOKEN, **operator) == codes.OK
        assert pair.fill(one, 3, number, 1, TOKEN, **operator) == codes.OK


class TestCash:
    def test_deposits_of_the_token(self, pair):
        account = pair.open()
        deposit = {"kind": m.COMMAND_DEPOSIT, "account": account}
        for amount in (0, -1, INT64_MIN):
            assert pair.send(**deposit, amount=amount) == codes.AMOUNT_MUST_BE_POSITIVE
        for amount in (MICROS_MAX + 1, INT64_MAX):
            assert pair.send(**deposit, amount=amount) == codes.AMOUNT_MUST_BE_WITHIN_LIMIT
        assert pair.send(**deposit, amount=MICROS_MAX) == codes.OK
        assert pair.send(**deposit, amount=1) == codes.VAULT_MUST_BE_WITHIN_LIMIT
        pair.must(m.COMMAND_WITHDRAW, account=account, amount=1)
        pair.must(m.COMMAND_PAY_WITHDRAWAL, amount=1)
        assert pair.send(**deposit, amount=1) == codes.OK

    @pytest.mark.parametrize("from_chain", [False, True])
    def test_deposits_of_an_asset(self, from_chain):
        pair = Pair(deposit_notional_min=300)
        asset = pair.list(ASSET, 100, lots_max=10, open_lots_max=100)
        unpriced = pair.list(ASSET)
        owner = pair.open(owner=5)
        isolated = pair.open(owner=5, isolated=pair.list(CONTRACT, 100))

        def credited(code: int) -> int:
            return codes.OK if from_chain else code

        def send(account: int, lots: int, counterparty: int = 5, instrument: int = asset) -> int:
            fields = {"account": account, "lots": lots, "counterparty": counterparty, "instrument": instrument}
            return pair.send(m.COMMAND_DEPOSIT, **fields, flags=int(from_chain))

        assert send(owner, 101) == codes.AMOUNT_MUST_BE_WITHIN_LIMIT
        assert send(owner, 0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert send(owner, 1, instrument=3) == codes.INSTRUMENT_MUST_BE_ASSET
        assert send(owner, 1, instrument=4) == codes.INSTRUMENT_MUST_BE_LISTED
        assert send(owner, 11) == credited(codes.LOTS_MUST_BE_WITHIN_LIMIT)
        assert send(owner, 2) == credited(codes.NOTIONAL_MUST_REACH_MINIMUM)
        assert send(owner, 3, counterparty=6) == credited(codes.HOLDING_MUST_BE_OPENED_BY_OWNER)
        assert send(isolated, 3) == credited(codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
        assert send(99, 3) == credited(codes.ACCOUNT_MUST_EXIST)
        for named in (0, 1, 3, 4, 5, 6):
            assert send(named, 3) == credited(codes.ACCOUNT_MUST_NOT_BE_NAMED)
        assert send(owner, 3, instrument=unpriced) == credited(codes.MARK_MUST_ALLOW_MARGIN)
        assert send(owner, 7) == codes.OK
        assert send(owner, 3, counterparty=6) == codes.OK
        vault = pair.model.instruments[asset].vault
        assert pair.lots(m.NAMED_SUSPENSE, asset) == (vault - 10 if from_chain else 0)
        assert send(99, 100 - vault + 1) == codes.VAULT_MUST_BE_WITHIN_LIMIT
        assert send(99, 100 - vault) == credited(codes.ACCOUNT_MUST_EXIST)

    def test_withdrawals_leave_initial_margin_to_the_micro(self, pair):
        _, long, _ = traded(pair, 10, 100 * TOKEN, 300 * TOKEN)
        out = {"kind": m.COMMAND_WITHDRAW, "account": long}
        assert pair.send(**out, amount=300 * TOKEN + 1) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert pair.send(**out, amount=200 * TOKEN + 1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(**out, amount=200 * TOKEN) == codes.OK
        assert pair.send(**out, amount=1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(m.COMMAND_PAY_WITHDRAWAL, amount=200 * TOKEN + 1) == codes.AMOUNT_MUST_BE_HELD
        assert pair.send(m.COMMAND_PAY_WITHDRAWAL, amount=200 * TOKEN) == codes.OK

    def test_withdrawals_of_an_asset(self, pair):
        asset = pair.list(ASSET, 100 * TOKEN)
        number, long, short = traded(pair, 10, 100 * TOKEN, 100 * TOKEN)
        pair.deposit(short, 900 * TOKEN)
        pair.deposit_asset(long, asset, 3)
        out = {"kind": m.COMMAND_WITHDRAW, "account": long, "instrument": asset}
        assert pair.send(**out, lots=4) == codes.AMOUNT_MUST_BE_HELD
        assert pair.send(**out, lots=0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert pair.send(**out, lots=1) == codes.OK
        pair.mark(number, 95 * TOKEN)
        # Cash 100, E = 250, IM = 95 + 40: one asset's worth of margin may go, another not.
        assert pair.send(**out, lots=2) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(**out, lots=1) == codes.OK
        # Cash below zero: what is owed is owed in cash.
        pair.mark(number, 82 * TOKEN)
        pair.deposit_asset(long, asset, 3)
        assert pair.fill(long, short, number, -10, 82 * TOKEN) == codes.OK
        assert pair.cash(long) == -80 * TOKEN
        assert pair.send(**out, lots=1) == codes.CASH_MUST_NOT_BE_NEGATIVE

    def test_transfers(self, pair):
        asset = pair.list(ASSET, 100, lots_max=10)
        number = pair.list(CONTRACT, 100)
        payer, own = pair.open(100, owner=5), pair.open(owner=5)
        isolated, other = pair.open(owner=5, isolated=number), pair.open(100)
        pair.deposit_asset(payer, asset, 10)
        pair.deposit_asset(own, asset, 1)

        def send(account: int, receiver: int, quantity: int = 1, instrument: int = 0, flags: int = 0) -> int:
            size = {"amount": quantity} if instrument == 0 else {"lots": quantity}
            fields = {"account": account, "counterparty": receiver, "instrument": instrument, "flags": flags}
            return pair.send(m.COMMAND_TRANSFER, **fields, **size)

        assert send(99, own) == codes.ACCOUNT_MUST_EXIST
        assert send(payer, 99) == codes.COUNTERPARTY_MUST_EXIST
        assert send(payer, payer) == codes.ACCOUNTS_MUST_DIFFER
        for named in (0, 5, 6):
            assert send(named, own, flags=m.FLAG_OPERATOR) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        for named in (1, 2, 3, 4):
            assert send(named, own) == codes.OPERATOR_MUST_ACT
        for named in (0, 3):
            assert send(payer, named, flags=m.FLAG_OPERATOR) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert send(1, 2, flags=m.FLAG_OPERATOR) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert send(4, 3, instrument=asset, flags=m.FLAG_OPERATOR) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert send(1, 0, flags=m.FLAG_OPERATOR) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert send(payer, other) == codes.OWNERS_MUST_MATCH
        assert send(payer, own, instrument=number) == codes.INSTRUMENT_MUST_BE_ASSET
        assert send(payer, own, instrument=7) == codes.INSTRUMENT_MUST_BE_LISTED
        assert send(payer, own, 0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert send(payer, own, 101) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert send(payer, own, 11, asset) == codes.AMOUNT_MUST_BE_HELD
        assert send(payer, isolated, 1, asset) == codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT
        assert send(payer, own, 10, asset) == codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
        assert send(payer, own, 9, asset) == codes.OK
        assert send(payer, isolated, 100) == codes.OK
        pair.must(m.COMMAND_DEPOSIT, account=99, amount=7, flags=m.FLAG_FROM_CHAIN)
        assert send(4, other, 8, flags=m.FLAG_OPERATOR) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert send(4, other, 7, flags=m.FLAG_OPERATOR) == codes.OK
        pair.deposit(m.NAMED_FEES, 5)
        assert send(1, 0, 5, flags=m.FLAG_OPERATOR) == codes.OK

    def test_write_downs(self, pair):
        asset = pair.list(ASSET, 100)
        holder = pair.open(50)
        pair.deposit_asset(holder, asset, 5)
        assert pair.send(m.COMMAND_WRITE_DOWN, instrument=asset, lots=6) == codes.AMOUNT_MUST_BE_HELD
        assert pair.send(m.COMMAND_WRITE_DOWN, instrument=asset, lots=0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert pair.send(m.COMMAND_WRITE_DOWN, amount=51) == codes.AMOUNT_MUST_BE_HELD
        assert pair.send(m.COMMAND_WRITE_DOWN, amount=50) == codes.OK
        assert pair.send(m.COMMAND_WRITE_DOWN, instrument=asset, lots=5) == codes.OK
        assert pair.model.accounts[holder].holdings == {}

    def test_write_downs_stop_at_the_vault_when_there_is_more_positive_cash(self, pair):
        number, long, _ = traded(pair, 10, 100 * TOKEN, 100 * TOKEN)
        pair.mark(number, 110 * TOKEN)
        pair.must(m.COMMAND_REALISE, account=long, instrument=number)
        # Positive cash: 200 and 100; the vault has 200.
        assert pair.send(m.COMMAND_WRITE_DOWN, amount=200 * TOKEN + 1) == codes.AMOUNT_MUST_BE_HELD
        assert pair.send(m.COMMAND_WRITE_DOWN, amount=200 * TOKEN) == codes.OK


class TestOrders:
    def test_limits_of_reserve(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)
        unpriced, isolated_in = pair.list(CONTRACT), pair.list(CONTRACT, TOKEN)
        trader, isolated = pair.open(10**15), pair.open(RICH, isolated=isolated_in)

        def send(lots: int, price: int, account: int = trader, instrument: int = number) -> int:
            return pair.send(m.COMMAND_RESERVE, account=account, instrument=instrument, lots=lots, price=price)

        assert send(1, 1, account=3) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert send(1, 1, account=99) == codes.ACCOUNT_MUST_EXIST
        assert send(1, 1, instrument=9) == codes.INSTRUMENT_MUST_BE_LISTED
        for instrument in (0, asset):
            assert send(1, 1, instrument=instrument) == codes.INSTRUMENT_MUST_BE_CONTRACT
        assert send(1, 1, account=isolated) == codes.ACCOUNT_MUST_ALLOW_INSTRUMENT
        assert send(1, 1, instrument=unpriced) == codes.MARK_MUST_ALLOW_FILL
        assert send(0, 1) == codes.LOTS_MUST_NOT_BE_ZERO
        for lots in (10_001, -10_001, INT64_MAX, INT64_MIN):
            assert send(lots, 1) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert send(1, 0) == codes.PRICE_MUST_BE_POSITIVE
        top = CONTRACT["mark_max"]
        assert send(1, top + 1) == codes.PRICE_MUST_BE_WITHIN_LIMIT
        assert send(1, top) == codes.OK
        assert send(10_000, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        assert send(9_999, TOKEN) == codes.OK
        assert send(-10_000, TOKEN) == codes.OK
        assert send(-1, TOKEN) == codes.LOTS_MUST_BE_WITHIN_LIMIT
        for lots, code in ((0, "LOTS_MUST_NOT_BE_ZERO"), (10_001, "RESERVATION_MUST_COVER"), (10_000, "OK")):
            order = {"account": trader, "instrument": number, "lots": lots}
            assert pair.send(m.COMMAND_RELEASE, **order) == getattr(codes, code)
        for lots in (-10_001, INT64_MIN):
            release = {"account": trader, "instrument": number, "lots": lots}
            assert pair.send(m.COMMAND_RELEASE, **release) == codes.RESERVATION_MUST_COVER
            change = {"account": trader, "instrument": number, "reserved_lots": lots, "lots": 1, "price": 1}
            assert pair.send(m.COMMAND_REPLACE, **change) == codes.RESERVATION_MUST_COVER

    @pytest.mark.parametrize("short_of", [0, 1])
    def test_initial_margin_of_an_order_to_the_micro(self, pair, short_of):
        number = pair.list(CONTRACT, 100 * TOKEN, fee_taker=PERCENT)
        # Ten at 101: 100 of margin, an open loss of 10 and a fee of 10.1.
        trader = pair.open(120_100_000 - short_of)
        order = {"account": trader, "instrument": number, "lots": 10, "price": 101 * TOKEN}
        expected = codes.OK if short_of == 0 else codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(m.COMMAND_RESERVE, **order) == expected

    def test_replace_is_judged_against_the_margin_before_it(self, pair):
        number = pair.list(CONTRACT, 100 * TOKEN)
        trader = pair.open(100 * TOKEN)
        order = {"account": trader, "instrument": number, "price": 100 * TOKEN}
        pair.must(m.COMMAND_RESERVE, lots=10, **order)
        pair.mark(number, 101 * TOKEN)
        # E = 100, IM = 101: as much again, not more.
        assert pair.send(m.COMMAND_REPLACE, reserved_lots=10, **{**order, "lots": 11}) == (
            codes.MARGIN_INITIAL_MUST_BE_COVERED
        )
        assert (
            pair.send(m.COMMAND_REPLACE, reserved_lots=10, **{**order, "lots": -10, "price": 102 * TOKEN}) == codes.OK
        )

    def test_reduce_only_orders(self, pair):
        number, long, _ = traded(pair, 3, TOKEN, RICH)
        pair.must(m.COMMAND_DELIST, instrument=number)
        order = {"account": long, "instrument": number, "price": TOKEN}
        for lots in (1, -7):
            assert pair.send(m.COMMAND_RESERVE, lots=lots, **order) == codes.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
        # w may be as large as the position: asks up to twice as many lots.
        assert pair.send(m.COMMAND_RESERVE, lots=-6, **order) == codes.OK


class TestAccounts:
    def test_opening_and_closing(self, pair):
        number, asset = pair.list(CONTRACT, TOKEN), pair.list(ASSET, TOKEN)

        def send(account: int, owner: int = 5, instrument: int = 0, flags: int = m.MODE_STANDARD) -> int:
            fields = {"account": account, "counterparty": owner, "instrument": instrument, "flags": flags}
            return pair.send(m.COMMAND_OPEN_ACCOUNT, **fields)

        for account in (7, -1, 9, INT64_MAX, INT64_MIN):
            assert send(account) == codes.ACCOUNT_MUST_BE_FREE
        assert send(8, owner=0) == codes.OWNER_MUST_BE_POSITIVE
        for mode in (0, 2):
            assert send(8, flags=mode) == codes.MODE_MUST_BE_KNOWN
        for instrument in (asset, 3, -1):
            assert send(8, instrument=instrument) == codes.INSTRUMENT_MUST_BE_CONTRACT
        assert send(8, instrument=number) == codes.OK
        assert send(8) == codes.ACCOUNT_MUST_BE_FREE
        pair.deposit(8, 1)
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.ACCOUNT_MUST_BE_EMPTY
        pair.must(m.COMMAND_WITHDRAW, account=8, amount=1)
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.OK
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=8) == codes.ACCOUNT_MUST_EXIST
        assert pair.send(m.COMMAND_CLOSE_ACCOUNT, account=1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert send(8) == codes.OK
        assert pair.model.accounts[8].generation == 2

    def test_limits_of_the_owner(self, pair):
        _, long, _ = traded(pair, 10, 100 * TOKEN, 300 * TOKEN)
        limits = {"kind": m.COMMAND_SET_LIMITS, "account": long}
        for rate in (-1, RATE_MAX + 1):
            assert pair.send(**limits, amount=rate) == codes.LEVERAGE_CAP_MUST_BE_WITHIN_LIMIT
        for trigger in (-1, TRIGGER_MAX + 1):
            assert pair.send(**limits, price=trigger) == codes.TRIGGER_MUST_BE_WITHIN_LIMIT
        assert pair.send(**limits, amount=30 * PERCENT + 1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert pair.send(**limits, amount=30 * PERCENT, price=TRIGGER_MAX) == codes.OK
        idle = pair.open()
        assert pair.send(m.COMMAND_SET_LIMITS, account=idle, amount=RATE_MAX) == codes.OK

    def test_ids(self, pair):
        pair.next_id = 0
        assert pair.send(m.COMMAND_TICK) == codes.ID_MUST_BE_POSITIVE
        pair.next_id = ID_WINDOW + 1
        assert pair.send(m.COMMAND_TICK) == codes.ID_MUST_BE_WITHIN_WINDOW
        pair.next_id = ID_WINDOW
        assert pair.send(m.COMMAND_TICK) == codes.OK
        for number, code in ((1, codes.COMMAND_MUST_BE_KNOWN), (ID_WINDOW + 1, codes.COMMAND_MUST_BE_KNOWN)):
            pair.next_id = number
            assert pair.send(22) == code
        for number, code in ((1, codes.ID_MUST_BE_WITHIN_WINDOW), (ID_WINDOW, codes.ID_MUST_NOT_BE_REUSED)):
            pair.next_id = number
            assert pair.send(22) == code
        pair.next_id = ID_WINDOW
        assert pair.send(m.COMMAND_TICK) == codes.OK


@pytest.fixture(scope="module")
def crowded() -> tuple[Pair, int, int]:
    """An account with as many orders as rows, a trader, and contracts and assets enough: (pool, account, trader)."""
    pair = Pair(deposit_notional_min=0, backstop_after=HOUR, backstop_ratio=0)
    for _ in range(HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.list(CONTRACT, TOKEN)
    for _ in range(HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.list(ASSET, TOKEN)
    full, trader = pair.open(RICH, owner=5), pair.open(RICH, owner=6)
    for number in range(1, HOLDINGS_PER_ACCOUNT_MAX + 1):
        pair.must(m.COMMAND_RESERVE, account=full, instrument=number, lots=1, price=TOKEN)
    return pair, full, trader


class TestRoom:
    LAST = HOLDINGS_PER_ACCOUNT_MAX + 1
    ASSETS = range(HOLDINGS_PER_ACCOUNT_MAX + 2, 2 * HOLDINGS_PER_ACCOUNT_MAX + 3)

    def test_the_next_row_does_not_fit(self, crowded):
        pair, full, trader = crowded
        order = {"account": full, "instrument": self.LAST, "lots": 1, "price": TOKEN}
        assert pair.send(m.COMMAND_RESERVE, **order) == codes.HOLDINGS_MUST_FIT
        assert pair.fill(full, trader, self.LAST, 1, TOKEN) == codes.HOLDINGS_MUST_FIT
        assert pair.fill(trader, full, self.LAST, 1, TOKEN) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT
        assert pair.fill(full, trader, self.LAST - 1, 1, TOKEN) == codes.OK
        gift = {"account": full, "counterparty": 5, "instrument": self.ASSETS[0], "lots": 1}
        assert pair.send(m.COMMAND_DEPOSIT, **gift) == codes.HOLDINGS_MUST_FIT
        own = pair.open(owner=5)
        pair.deposit_asset(own, self.ASSETS[0], 1)
        move = {"account": own, "counterparty": full, "instrument": self.ASSETS[0], "lots": 1}
        assert pair.send(m.COMMAND_TRANSFER, **move) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT

    def test_a_bidder_without_room(self, crowded):
        pair, full, trader = crowded
        poor = pair.open(TOKEN)
        assert pair.fill(poor, trader, self.LAST, 10, TOKEN) == codes.OK
        pair.mark(self.LAST, TOKEN * 93 // 100)
        pair.later()
        bid = {"account": poor, "instrument": self.LAST, "lots": 10}
        assert pair.send(m.COMMAND_BID, counterparty=full, **bid) == codes.COUNTERPARTY_HOLDINGS_MUST_FIT
        assert pair.send(m.COMMAND_BID, counterparty=trader, **bid) == codes.OK

    def test_suspense_and_pending_without_room(self, crowded):
        pair, _, trader = crowded
        for asset in self.ASSETS[:-1]:
            pair.must(m.COMMAND_DEPOSIT, account=trader, counterparty=6, instrument=asset, lots=1)
            pair.must(m.COMMAND_WITHDRAW, account=trader, instrument=asset, lots=1)
            pair.must(m.COMMAND_DEPOSIT, account=999, instrument=asset, lots=1, flags=m.FLAG_FROM_CHAIN)
        last = self.ASSETS[-1]
        lost = {"account": 999, "instrument": last, "lots": 1, "flags": m.FLAG_FROM_CHAIN}
        assert pair.send(m.COMMAND_DEPOSIT, **lost) == codes.HOLDINGS_MUST_FIT
        pair.must(m.COMMAND_DEPOSIT, account=trader, counterparty=6, instrument=last, lots=1)
        assert pair.send(m.COMMAND_WITHDRAW, account=trader, instrument=last, lots=1) == codes.HOLDINGS_MUST_FIT
        pair.must(m.COMMAND_PAY_WITHDRAWAL, instrument=self.ASSETS[0], lots=1)
        assert pair.send(m.COMMAND_WITHDRAW, account=trader, instrument=last, lots=1) == codes.OK


class TestPrices:
    LIMITS = {  # noqa: RUF012
        "age_fill_max": 10,
        "age_margin_max": 20,
        "sources_min": 2,
        "confidence_max": PERCENT,
        "volatility_max": 10 * PERCENT,
        "volatility_window": HOUR,
    }

    def test_limits_of_a_mark(self, pair):
        pair.tick(HOUR)
        number = pair.list(CONTRACT, TOKEN)
        top = CONTRACT["mark_max"]

        def send(**fields: int) -> int:
            return pair.send(m.COMMAND_MARK, **{"instrument": number, "price": TOKEN, "time": HOUR, **fields})

        assert send(instrument=9) == codes.INSTRUMENT_MUST_BE_LISTED
        assert send(time=HOUR + 1) == codes.TIME_MUST_NOT_BE_IN_FUTURE
        assert send(time=HOUR - 1) == codes.TIME_MUST_NOT_GO_BACK
        for premium in (PREMIUM_MAX + 1, -PREMIUM_MAX - 1, INT64_MIN):
            assert send(premium=premium) == codes.PREMIUM_MUST_BE_WITHIN_LIMIT
        assert send(confidence=-1) == codes.CONFIDENCE_MUST_NOT_BE_NEGATIVE
        assert send(sources=-1) == codes.SOURCES_MUST_NOT_BE_NEGATIVE
        assert send(price=top + 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(confidence=top + 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(price=top, confidence=top, premium=-PREMIUM_MAX) == codes.OK
        assert send(price=INT64_MIN) == codes.OK
        assert pair.model.instruments[number].oracle_state == m.ORACLE_NON_POSITIVE

    def test_limits_of_time(self, pair):
        pair.tick(10)
        assert pair.send(m.COMMAND_TICK, time=9) == codes.TIME_MUST_NOT_GO_BACK
        assert pair.send(m.COMMAND_TICK, time=TIME_MAX + 1) == codes.TIME_MUST_BE_WITHIN_LIMIT
        number, _, _ = traded(pair, 1, TOKEN, RICH, settlement_window=HOUR)
        late = {"kind": m.COMMAND_DELIST, "instrument": number}
        assert pair.send(**late, time=TIME_MAX + 1) == codes.TIME_MUST_BE_WITHIN_LIMIT
        assert pair.send(**late, time=TIME_MAX) == codes.OK
        assert pair.send(m.COMMAND_TICK, time=TIME_MAX) == codes.OK

    @pytest.mark.parametrize(
        ("fields", "age", "state"),
        [
            ({}, 0, "VALID"),
            ({}, 10, "VALID"),
            ({}, 11, "STALE_FOR_FILL"),
            ({}, 20, "STALE_FOR_FILL"),
            ({}, 21, "STALE_FOR_MARGIN"),
            ({"sources": 1}, 0, "TOO_FEW_SOURCES"),
            ({"sources": 1}, 11, "TOO_FEW_SOURCES"),
            ({"sources": 1}, 21, "STALE_FOR_MARGIN"),
            ({"confidence": 940_000}, 0, "VALID"),
            ({"confidence": 940_001}, 0, "TOO_UNCERTAIN"),
            ({"confidence": 940_001}, 21, "TOO_UNCERTAIN"),
            ({"price": 110 * TOKEN}, 0, "VALID"),
            ({"price": 90 * TOKEN}, 0, "VALID"),
            ({"price": 110 * TOKEN + 1}, 0, "TOO_VOLATILE"),
            ({"price": 90 * TOKEN - 1}, 0, "TOO_VOLATILE"),
            ({"price": 0}, 0, "NON_POSITIVE"),
            ({"price": -5, "confidence": TOKEN + 1, "sources": 0}, 21, "NON_POSITIVE"),
        ],
    )
    def test_what_each_state_forbids(self, fields, age, state):
        pair = Pair(exit_buffer=0, call_buffer=0, backstop_after=HOUR, backstop_ratio=0)
        pair.tick(HOUR)
        number = pair.list({**CONTRACT, **self.LIMITS})
        pair.mark(number, 100 * TOKEN, sources=2)
        long, short, weak = pair.open(900 * TOKEN), pair.open(900 * TOKEN), pair.open(106 * TOKEN)
        assert pair.fill(long, short, number, 10, 100 * TOKEN) == codes.OK
        assert pair.fill(weak, short, number, 10, 100 * TOKEN) == codes.OK
        pair.mark(number, 94 * TOKEN, sources=2)
        pair.later(0)
        assert pair.stage(weak) == m.STAGE_LIQUIDATING
        pair.mark(number, **{"price": 94 * TOKEN, "sources": 2, **fields})
        pair.tick(HOUR + age)
        row = pair.model.instruments[number]
        assert row.oracle_state == getattr(m, f"ORACLE_{state}")
        price = row.mark

        def expected(bit: int, code: int) -> int:
            return code if row.blocks & bit else codes.OK

        order = {"account": long, "instrument": number}
        reserve = pair.send(m.COMMAND_RESERVE, **order, lots=1, price=price)
        assert reserve == expected(m.ACTION_MARGIN, codes.MARK_MUST_ALLOW_MARGIN)
        limits = pair.send(m.COMMAND_SET_LIMITS, account=short, amount=1)
        assert limits == expected(m.ACTION_MARGIN, codes.MARK_MUST_ALLOW_MARGIN)
        out = pair.send(m.COMMAND_WITHDRAW, account=long, amount=1)
        assert out == expected(m.ACTION_WITHDRAW, codes.MARK_MUST_ALLOW_WITHDRAW)
        realise = pair.send(m.COMMAND_REALISE, **order)
        assert realise == expected(m.ACTION_SETTLE, codes.MARK_MUST_ALLOW_SETTLE)
        if pair.stage(weak) == m.STAGE_LIQUIDATING and figures_of(pair, weak).equity >= 0:
            bid = pair.send(m.COMMAND_BID, account=weak, counterparty=long, instrument=number, lots=1)
            if not row.blocks & m.ACTION_LIQUIDATE and row.blocks & m.ACTION_MARGIN:
                assert bid == codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN
            else:
                assert bid == expected(m.ACTION_LIQUIDATE, codes.MARK_MUST_ALLOW_LIQUIDATE)
        assert pair.fill(long, short, number, -1, price) == expected(m.ACTION_FILL, codes.MARK_MUST_ALLOW_FILL)

    def test_a_blocked_mark_lets_risk_fall_only(self, pair):
        pair.tick(HOUR)
        number, long, short = traded(pair, 10, 100 * TOKEN, 900 * TOKEN, sources_min=0)
        other = pair.list({**CONTRACT, "confidence_max": 0}, 100 * TOKEN)
        assert pair.fill(long, short, other, 1, 100 * TOKEN) == codes.OK
        pair.mark(other, 100 * TOKEN, confidence=1)
        assert pair.fill(long, short, number, 1, 100 * TOKEN) == codes.MARK_MUST_ALLOW_MARGIN
        fresh = pair.open(900 * TOKEN)
        assert pair.fill(fresh, short, number, -1, 100 * TOKEN) == codes.OK
        assert pair.fill(fresh, short, number, -1, 99 * TOKEN) == codes.OK
        assert pair.fill(fresh, short, number, 3, 100 * TOKEN) == codes.COUNTERPARTY_MARK_MUST_ALLOW_MARGIN

    def test_the_settlement_token_below_its_threshold(self):
        pair = Pair(depeg_threshold=99 * PERCENT, depeg_factor=PPB)
        _, long, _ = traded(pair, 10, 100 * TOKEN, 110 * TOKEN)
        for price, rate in ((990_000, 0), (989_999, 1_000), (1, 989_999_000)):
            pair.mark(0, price)
            assert pair.model.depeg_rate == rate
        pair.mark(0, 890_000)
        assert figures_of(pair, long).im == 110 * TOKEN
        assert pair.send(m.COMMAND_WITHDRAW, account=long, amount=1) == codes.MARGIN_INITIAL_MUST_BE_COVERED


class TestWaterfall:
    """A long of ten at 100, now at 94: MM = 47, X = 56.4 with a buffer of 20 %; cash decides the rest."""

    def at(self, equity: int, **policy: int) -> tuple[Pair, int, int, int]:
        """(pool, instrument, account with that equity, a rich other)."""
        pair = Pair(**{"exit_buffer": 20 * PERCENT, "backstop_after": HOUR, "backstop_ratio": 0, **policy})
        pair.tick(HOUR)
        number = pair.list(CONTRACT, 100 * TOKEN)
        long, rich = pair.open(100 * TOKEN), pair.open(10_000 * TOKEN)
        assert pair.fill(long, rich, number, 10, 100 * TOKEN) == codes.OK
        pair.deposit(long, equity - 40 * TOKEN)
        pair.mark(number, 94 * TOKEN)
        assert figures_of(pair, long).equity == equity
        return pair, number, long, rich

    @pytest.mark.parametrize(("equity", "stage"), [(47 * TOKEN, "CALLED"), (47 * TOKEN - 1, "LIQUIDATING")])
    def test_maintenance_to_the_micro(self, equity, stage):
        pair, _, long, _ = self.at(equity)
        pair.later()
        assert pair.stage(long) == getattr(m, f"STAGE_{stage}")

    @pytest.mark.parametrize(("equity", "stage"), [(70_500_000, "HEALTHY"), (70_499_999, "CALLED")])
    def test_the_call_level_to_the_micro(self, equity, stage):
        pair, _, long, _ = self.at(equity, call_buffer=50 * PERCENT)
        pair.later()
        assert pair.stage(long) == getattr(m, f"STAGE_{stage}")

    @pytest.mark.parametrize(("equity", "stage"), [(56_400_000, "CALLED"), (56_399_999, "LIQUIDATING")])
    @pytest.mark.parametrize("early", [0, 1])
    def test_the_deadline_of_a_call_to_the_millisecond(self, equity, stage, early):
        pair, _, long, _ = self.at(equity, call_buffer=50 * PERCENT, call_deadline=1_000)
        pair.later()
        pair.later(1_000 - early)
        assert pair.stage(long) == (m.STAGE_CALLED if early else getattr(m, f"STAGE_{stage}"))

    @pytest.mark.parametrize(("level", "fires"), [(150 * PERCENT, 0), (150 * PERCENT + 1, 1)])
    def test_the_trigger_to_the_micro(self, level, fires):
        pair, number, long, _ = self.at(70_500_000, call_buffer=0)
        pair.must(m.COMMAND_SET_LIMITS, account=long, price=level)
        pair.must(m.COMMAND_RESERVE, account=long, instrument=number, lots=-1, price=94 * TOKEN)
        pair.later()
        assert pair.model.accounts[long].holdings.get(number).ask_lots == 1 - fires

    @pytest.mark.parametrize(("equity", "taken"), [(42_300_000, 0), (42_299_999, 1)])
    def test_the_backstop_ratio_to_the_micro(self, equity, taken):
        pair, number, _, _ = self.at(equity, backstop_ratio=90 * PERCENT)
        pair.deposit(m.NAMED_BACKSTOP, RICH)
        pair.later()
        assert min(1, pair.lots(m.NAMED_BACKSTOP, number)) == taken

    @pytest.mark.parametrize("early", [0, 1])
    def test_the_backstop_comes_to_the_millisecond(self, early):
        pair, number, _, _ = self.at(45 * TOKEN, backstop_after=1_000)
        pair.deposit(m.NAMED_BACKSTOP, RICH)
        pair.later()
        pair.later(1_000 - early)
        assert min(1, pair.lots(m.NAMED_BACKSTOP, number)) == 1 - early

    def test_grace_to_the_millisecond(self):
        pair, _, long, _ = self.at(45 * TOKEN, gap_max=1_000, grace=500)
        pair.later(1_001)
        assert pair.stage(long) == m.STAGE_CALLED
        pair.later(499)
        assert pair.stage(long) == m.STAGE_CALLED
        pair.later(1)
        assert pair.stage(long) == m.STAGE_LIQUIDATING

    def test_bids(self):
        pair, number, long, rich = self.at(45 * TOKEN, gap_max=1_000, grace=500)
        asset, own = pair.list(ASSET, TOKEN), pair.open(RICH, owner=pair.model.accounts[long].owner)
        isolated, poor = pair.open(RICH, isolated=pair.list(CONTRACT, TOKEN)), pair.open(46 * TOKEN)
        bid = {"account": long, "counterparty": rich, "instrument": number, "lots": 10}
        send = pair.send
        assert send(m.COMMAND_BID, **bid) == codes.ACCOUNT_MUST_BE_LIQUIDATING
        pair.later()
        for change, code in (
            ({"account": 99}, codes.ACCOUNT_MUST_EXIST),
            ({"counterparty": 99}, codes.COUNTERPARTY_MUST_EXIST),
            ({"counterparty": long}, codes.ACCOUNTS_MUST_DIFFER),
            ({"counterparty": 3}, codes.COUNTERPARTY_MUST_NOT_BE_NAMED),
            ({"counterparty": own}, codes.OWNERS_MUST_DIFFER),
            ({"instrument": 9}, codes.INSTRUMENT_MUST_BE_LISTED),
            ({"lots": 0}, codes.LOTS_MUST_NOT_BE_ZERO),
            ({"account": rich, "counterparty": own}, codes.ACCOUNT_MUST_BE_LIQUIDATING),
            ({"instrument": asset}, codes.LEG_MUST_BE_NEXT),
            ({"price": 94 * TOKEN - 1}, codes.MARK_MUST_BE_WITHIN_PRICE_LIMIT),
            ({"counterparty": isolated}, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT),
            ({"counterparty": poor, "lots": 1}, codes.OK),
        ):
            assert send(m.COMMAND_BID, **{**bid, **change}) == code
        pair.later(1_001)
        assert send(m.COMMAND_BID, **bid) == codes.GRACE_MUST_BE_OVER

    def test_a_bidder_covers_its_margin_to_the_micro(self):
        pair, number, long, _ = self.at(40 * TOKEN + 1)
        poor = pair.open(1_000_000)
        pair.later()
        bid = {"account": long, "counterparty": poor, "instrument": number}
        assert pair.send(m.COMMAND_BID, **bid, lots=1) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
        pair.deposit(poor, 8_399_999)
        assert pair.send(m.COMMAND_BID, **bid, lots=1) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
        pair.deposit(poor, 1)
        assert pair.send(m.COMMAND_BID, **bid, lots=1) == codes.OK
        assert pair.lots(poor, number) == 1

    def test_a_bidder_pays_an_asset_with_cash_it_has(self, pair):
        asset = pair.list({**ASSET, "fee_liquidation": PERCENT}, 100 * TOKEN)
        number = pair.list(CONTRACT, 100 * TOKEN)
        weak, rich, buyer = pair.open(owner=5), pair.open(RICH), pair.open(99_499_999)
        pair.deposit_asset(weak, asset, 3)
        assert pair.fill(weak, rich, number, 20, 100 * TOKEN) == codes.OK
        pair.mark(number, 86 * TOKEN)
        assert pair.fill(weak, rich, number, -20, 86 * TOKEN) == codes.OK
        # Assets of 300 against a debt of 280: E = 20 < MM = 30. One costs 100 less half of a fee of 1.
        pair.later()
        bid = {"account": weak, "counterparty": buyer, "instrument": asset, "lots": 1}
        assert pair.send(m.COMMAND_BID, **bid) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
        pair.deposit(buyer, 1)
        assert pair.send(m.COMMAND_BID, **bid) == codes.OK
        pair.mark(asset, 50 * TOKEN)
        # Insolvent now: its contracts would be refused, its assets are not.
        pair.deposit(buyer, 100 * TOKEN)
        assert pair.send(m.COMMAND_BID, **bid) == codes.OK

    def test_an_insolvent_account_has_no_bids_on_contracts(self):
        pair, number, long, rich = self.at(45 * TOKEN)
        pair.later()
        bid = {"account": long, "counterparty": rich, "instrument": number, "lots": 1}
        pair.mark(number, 89_500_000)
        assert figures_of(pair, long).equity == 0
        pair.mark(number, 89_499_999)
        assert pair.send(m.COMMAND_BID, **bid) == codes.ACCOUNT_MUST_BE_SOLVENT
        pair.mark(number, 89_500_000)
        assert pair.send(m.COMMAND_BID, **bid) == codes.OK


class TestSeries:
    def test_what_a_series_under_settlement_refuses(self):
        pair = Pair(gap_max=HOUR, settlements_per_tick=1)
        pair.tick(HOUR)
        number = pair.list(FUTURE, 100 * TOKEN, expiry=2 * HOUR)
        long, short = pair.open(300 * TOKEN), pair.open(300 * TOKEN)
        assert pair.fill(long, short, number, 1, 100 * TOKEN) == codes.OK
        assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.INSTRUMENT_MUST_BE_SETTLING
        pair.tick(2 * HOUR)
        assert pair.model.instruments[number].status == m.STATUS_SETTLING
        refused = codes.INSTRUMENT_MUST_BE_OPEN
        assert pair.fill(long, short, number, -1, 100 * TOKEN) == refused
        order = {"account": long, "instrument": number, "lots": 1, "price": 100 * TOKEN}
        assert pair.send(m.COMMAND_RESERVE, **order) == refused
        assert pair.send(m.COMMAND_REALISE, account=long, instrument=number) == refused
        assert pair.send(m.COMMAND_MARK, instrument=number, price=1, time=2 * HOUR) == refused
        assert pair.send(m.COMMAND_DELIST, instrument=number) == refused
        assert pair.send(m.COMMAND_BID, account=long, counterparty=short, instrument=number, lots=1) == refused
        words = tuple(FUTURE[name] for name in LISTING_FIELDS)
        assert pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number) == refused
        while pair.model.instruments[number].status == m.STATUS_SETTLING:
            assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.OK
        assert pair.send(m.COMMAND_SETTLE, instrument=number) == codes.INSTRUMENT_MUST_BE_LISTED

    @pytest.mark.parametrize(("late", "status"), [(0, m.STATUS_SETTLING), (1, m.STATUS_OPEN)])
    def test_half_of_the_window_must_have_a_valid_mark(self, late, status):
        pair = Pair(gap_max=HOUR, settlements_per_tick=1)
        pair.tick(HOUR)
        half = FUTURE["settlement_window"] // 2
        number = pair.list({**FUTURE, "age_fill_max": 0, "age_margin_max": 0}, 100 * TOKEN, expiry=2 * HOUR)
        pair.tick(2 * HOUR - half + late)
        pair.mark(number, 100 * TOKEN)
        # So far a mark was good for its own moment only; the last tick weighs the half of the window it spans.
        values = tuple({**FUTURE, "age_margin_max": HOUR, "expiry": 2 * HOUR}.values())
        pair.must(m.COMMAND_SET_INSTRUMENT, values, instrument=number)
        pair.tick(2 * HOUR)
        assert pair.model.instruments[number].status == status

    def test_delisting(self, pair):
        asset = pair.list(ASSET, TOKEN)
        number, long, short = traded(pair, 1, TOKEN, RICH)
        assert pair.send(m.COMMAND_DELIST, instrument=0) == codes.INSTRUMENT_MUST_BE_LISTED
        pair.deposit_asset(long, asset, 1)
        assert pair.send(m.COMMAND_DELIST, instrument=asset) == codes.INSTRUMENT_MUST_NOT_BE_HELD
        soon = pair.model.time + 1
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon) == codes.EXPIRY_MUST_BE_IN_FUTURE
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon - 1) == codes.OK
        assert pair.fill(long, short, number, -1, TOKEN) == codes.OK
        assert pair.send(m.COMMAND_DELIST, instrument=number, time=soon) == codes.OK
        assert pair.model.instruments[number].status == m.STATUS_CLOSED
        pair.must(m.COMMAND_WITHDRAW, account=long, instrument=asset, lots=1)
        pair.must(m.COMMAND_PAY_WITHDRAWAL, instrument=asset, lots=1)
        assert pair.send(m.COMMAND_DELIST, instrument=asset) == codes.OK


WIDE = {
    **CONTRACT,
    "rate_initial": 20 * PERCENT,
    "segment_initial_1": 20 * PERCENT,
    "segment_initial_2": 20 * PERCENT,
    "segment_initial_3": 20 * PERCENT,
    "segment_maintenance_1": 5 * PERCENT,
    "segment_maintenance_2": 5 * PERCENT,
    "segment_maintenance_3": 5 * PERCENT,
    "segment_lots_1": 10,
    "segment_lots_2": 20,
    "segment_lots_3": 30,
}
ROOT = {**CONTRACT, "root_base_initial": PERCENT, "root_factor_initial": 10**9, "root_base_maintenance": 0}
LISTINGS = [
    ("kind", CONTRACT, {"kind": 3, "expiry": 1, "settlement_window": 1}, {"kind": 4}, "KIND_MUST_BE_KNOWN"),
    ("kind", CONTRACT, {"kind": 1}, {"kind": 0}, "KIND_MUST_BE_KNOWN"),
    ("value", CONTRACT, {"mark_max": 2 * 10**11}, {"mark_max": 2 * 10**11 + 1}, "VALUE_MAX_MUST_FIT"),
    ("open", CONTRACT, {"open_lots_max": 5 * 10**6}, {"open_lots_max": 5 * 10**6 + 1}, "VALUE_MAX_MUST_FIT"),
    (
        "precision",
        {**CONTRACT, "mark_max": 10**9},
        {"lots_max": 10_000},
        {"lots_max": 10_001},
        "PRECISION_MUST_STAY_UNDER_A_CENT",
    ),
    (
        "window",
        {**CONTRACT, "mark_max": 2**31, "lots_max": 1},
        {"settlement_window": 2**30},
        {"settlement_window": 2**30 + 1},
        "TIME_SUM_MUST_FIT",
    ),
    (
        "interval",
        CONTRACT,
        {"funding_interval": TIME_SUM_MAX // PPB},
        {"funding_interval": TIME_SUM_MAX // PPB + 1},
        "TIME_SUM_MUST_FIT",
    ),
    ("zero", CONTRACT, {"rate_initial": 1, "rate_maintenance": 1}, {"rate_initial": 0}, "RATES_MUST_BE_ORDERED"),
    *(
        (
            name,
            form,
            {f"{name}_maintenance{tail}": top},
            {f"{name}_maintenance{tail}": top + 1},
            "RATES_MUST_BE_ORDERED",
        )
        for name, tail, form, top in (
            ("rate", "", CONTRACT, 10 * PERCENT),
            ("slope", "", {**CONTRACT, "slope_initial": 7}, 7),
            ("root_base", "", ROOT, PERCENT),
            ("root_factor", "", ROOT, 10**9),
            ("segment", "_3", WIDE, 20 * PERCENT),
        )
    ),
    ("start", WIDE, {"segment_lots_2": 11}, {"segment_lots_2": 10}, "SEGMENTS_MUST_RISE"),
    ("gap", WIDE, {"segment_lots_2": 0, "segment_lots_3": 0}, {"segment_lots_2": 0}, "SEGMENTS_MUST_RISE"),
    ("rise", WIDE, {"segment_initial_1": 20 * PERCENT}, {"segment_initial_1": 20 * PERCENT - 1}, "SEGMENTS_MUST_RISE"),
    (
        "rise",
        WIDE,
        {"segment_maintenance_1": 5 * PERCENT},
        {"segment_maintenance_1": 5 * PERCENT - 1},
        "SEGMENTS_MUST_RISE",
    ),
    ("one", ROOT, {"slope_initial": 0}, {"slope_initial": 1}, "ONE_SIZE_PENALTY_MUST_BE_CHOSEN"),
    (
        "one",
        {**ROOT, "segment_initial_1": PPB, "segment_maintenance_1": 5 * PERCENT},
        {"segment_lots_1": 0},
        {"segment_lots_1": 5},
        "ONE_SIZE_PENALTY_MUST_BE_CHOSEN",
    ),
    # 10,000 lots: 10 % + 190,000 ppb a lot are 200 %; the root of 10,000 is 100, with one more for its rounding.
    ("slope", CONTRACT, {"slope_initial": 190_000}, {"slope_initial": 190_001}, "SIZE_PENALTY_MUST_FIT"),
    (
        "root",
        {**ROOT, "root_factor_initial": 10**12 // 101 * 101},
        {"root_base_initial": 2 * PPB - 101 * (10**12 // 101 * 101) // 10**9 - 1},
        {"root_base_initial": 2 * PPB},
        "SIZE_PENALTY_MUST_FIT",
    ),
    ("rebate", {**CONTRACT, "fee_taker": 5}, {"fee_maker": -5}, {"fee_maker": -6}, "REBATE_MUST_NOT_EXCEED_TAKER_FEE"),
    *(
        (
            name,
            CONTRACT,
            {name: 5 * PERCENT - 1},
            {name: 5 * PERCENT},
            "LIQUIDATION_FEE_MUST_STAY_BELOW_MAINTENANCE",
        )
        for name in ("fee_liquidation", "fee_backstop")
    ),
    (
        "bounds",
        {**CONTRACT, "open_interest_upper": 5},
        {"open_interest_lower": 4},
        {"open_interest_lower": 5},
        "OPEN_INTEREST_BOUNDS_MUST_BE_ORDERED",
    ),
    ("ages", CONTRACT, {"age_fill_max": 24 * HOUR}, {"age_fill_max": 24 * HOUR + 1}, "AGES_MUST_BE_ORDERED"),
    ("expiry", FUTURE, {"expiry": HOUR + 1}, {"expiry": HOUR}, "EXPIRY_MUST_BE_IN_FUTURE"),
    ("window", FUTURE, {"settlement_window": 1}, {"settlement_window": 0}, "EXPIRY_MUST_BE_IN_FUTURE"),
    ("expiry", CONTRACT, {"expiry": 0}, {"expiry": 2 * HOUR}, "EXPIRY_MUST_BE_IN_FUTURE"),
]


class TestListing:
    @pytest.mark.parametrize(("name", "form", "inside", "outside", "code"), LISTINGS)
    def test_rules_between_parameters(self, name, form, inside, outside, code):
        pair = Pair()
        pair.tick(HOUR)
        if "expiry" in inside and inside["expiry"] == 1:
            inside = {**inside, "expiry": HOUR + 1}
        for changes, expected in ((outside, code), (inside, "OK")):
            words = tuple({**form, **changes}[field] for field in LISTING_FIELDS)
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == getattr(codes, expected), name

    def test_bounds_of_every_parameter(self):
        pair = Pair()
        for name, (low, high) in LISTING_BOUNDS.items():
            for number in (low - 1, high + 1):
                words = tuple({**CONTRACT, name: number}[field] for field in LISTING_FIELDS)
                code = pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1)
                assert code == codes.PARAMETER_MUST_BE_WITHIN_BOUNDS, name
        for name, (low, high) in POLICY_BOUNDS.items():
            for number, code in (
                (low - 1, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
                (high + 1, codes.PARAMETER_MUST_BE_WITHIN_BOUNDS),
                (low, codes.OK),
                (high, codes.OK),
            ):
                words = tuple({**pair.policy, name: number}[field] for field in POLICY_FIELDS)
                assert pair.send(m.COMMAND_SET_POLICY, words) == code, name

    def test_numbers_and_lengths(self):
        pair = Pair()
        words = tuple(CONTRACT[field] for field in LISTING_FIELDS)
        for number in (0, 2, -1):
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=number) == codes.INSTRUMENT_MUST_BE_FREE
        for wrong in (words[:-1], (*words, 0), ()):
            assert pair.send(m.COMMAND_LIST_INSTRUMENT, wrong, instrument=1) == codes.PAYLOAD_MUST_FIT
            assert pair.send(m.COMMAND_SET_INSTRUMENT, wrong, instrument=1) == codes.PAYLOAD_MUST_FIT
            assert pair.send(m.COMMAND_SET_POLICY, wrong) == codes.PAYLOAD_MUST_FIT
        for number in (0, 1, -1):
            assert pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number) == codes.INSTRUMENT_MUST_BE_LISTED
        assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == codes.OK
        assert pair.send(m.COMMAND_LIST_INSTRUMENT, words, instrument=1) == codes.INSTRUMENT_MUST_BE_FREE

    def test_what_a_change_keeps(self):
        pair = Pair()
        number = pair.list(CONTRACT, 100 * TOKEN)

        def send(**changes: int) -> int:
            words = tuple({**CONTRACT, **changes}[field] for field in LISTING_FIELDS)
            return pair.send(m.COMMAND_SET_INSTRUMENT, words, instrument=number)

        for changes in ({"scale": 1}, {"kind": m.KIND_ASSET}, {"expiry": 5}):
            assert send(**changes) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
        # Rules of the listing come first, the mark last.
        assert send(scale=1, fee_maker=-1) == codes.REBATE_MUST_NOT_EXCEED_TAKER_FEE
        assert send(scale=1, mark_max=1) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
        assert send(mark_max=100 * TOKEN - 1) == codes.MARK_MUST_BE_WITHIN_LIMIT
        assert send(mark_max=100 * TOKEN) == codes.OK
