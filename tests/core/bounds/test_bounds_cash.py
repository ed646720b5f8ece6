"""One unit inside and one outside each bound: deposits, withdrawals and transfers."""

import pytest
from tests.core.bounds.setting import traded
from tests.reference.build import ASSET, CONTRACT, TOKEN
from tests.reference.pair import Pair

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import (
    INT64_MAX,
    INT64_MIN,
    MICROS_MAX,
)


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
