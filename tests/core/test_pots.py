"""Pots, shares, stakes: who may put money in, what it is worth, and when it comes back."""

import pytest
from tests.audit.tables import differences
from tests.pot_lab import HOUR, PPB, TERMS, TOKEN, UNIT, PotLab
from tests.properties.lab import Lab

from plimsoll.book.parameters import POT_BOUNDS
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import SHARES_MAX

RICH = 10**12


@pytest.fixture
def lab() -> PotLab:
    return PotLab()


def try_backstop(lab: PotLab, number: int) -> int:
    return lab.try_pot(number, kind=m.POT_BACKSTOP, account=m.NAMED_BACKSTOP)


class TestSettingUp:
    def test_terms_are_refused_in_order(self, lab: PotLab) -> None:
        account = lab.open()
        assert lab.send(m.COMMAND_SET_POT, (1, 2, 3), instrument=1) == codes.PAYLOAD_MUST_FIT
        assert lab.try_pot(0, account=account) == codes.POT_MUST_BE_WITHIN_LIMIT
        assert lab.try_pot(33, account=account) == codes.POT_MUST_BE_WITHIN_LIMIT
        assert lab.try_pot(1, account=account, kind=4) == codes.PARAMETER_MUST_BE_WITHIN_BOUNDS
        assert lab.try_pot(1, account=account, fee=PPB // 10 + 1) == codes.PARAMETER_MUST_BE_WITHIN_BOUNDS
        assert lab.try_pot(1, account=account + 1) == codes.ACCOUNT_MUST_EXIST
        assert lab.try_pot(1, account=m.NAMED_FUND) == codes.POT_ACCOUNT_MUST_BE_FREE
        assert lab.try_pot(1, account=account, instrument=1) == codes.INSTRUMENT_MUST_BE_ASSET
        assert lab.try_pot(1, account=account) == codes.OK

    def test_an_account_must_be_fresh(self, lab: PotLab) -> None:
        assert lab.try_pot(1, account=lab.open(TOKEN)) == codes.POT_ACCOUNT_MUST_BE_FREE
        taken = lab.tranche(1)
        assert lab.try_pot(2, account=taken) == codes.POT_ACCOUNT_MUST_BE_FREE
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.try_pot(2, account=staker) == codes.POT_ACCOUNT_MUST_BE_FREE, "it has a stake"

    def test_the_backstop_has_one_pot_and_only_while_it_is_solvent(self, lab: PotLab) -> None:
        other = lab.open()
        assert lab.try_pot(1, kind=m.POT_BACKSTOP, account=other) == codes.POT_ACCOUNT_MUST_BE_FREE
        lab.leave_equity(m.NAMED_BACKSTOP, -1)
        assert try_backstop(lab, 1) == codes.POT_MUST_BE_SOLVENT
        lab.leave_equity(m.NAMED_BACKSTOP, SHARES_MAX // 1_000)
        assert try_backstop(lab, 1) == codes.SHARES_MUST_FIT
        lab.leave_equity(m.NAMED_BACKSTOP, SHARES_MAX // 1_000 - 1)
        assert try_backstop(lab, 1) == codes.OK
        assert lab.pot(1, "own") == SHARES_MAX // 1_000 * 1_000
        assert try_backstop(lab, 2) == codes.POT_ACCOUNT_MUST_BE_FREE

    def test_an_amm_needs_an_open_asset(self, lab: PotLab) -> None:
        perp = lab.list_instrument(TOKEN)
        terms = {"kind": m.POT_AMM, "account": lab.open()}
        assert lab.try_pot(1, **terms, instrument=0) == codes.INSTRUMENT_MUST_BE_ASSET
        assert lab.try_pot(1, **terms, instrument=9) == codes.INSTRUMENT_MUST_BE_LISTED
        assert lab.try_pot(1, **terms, instrument=perp) == codes.INSTRUMENT_MUST_BE_ASSET
        closed = lab.asset(TOKEN)
        lab.must(m.COMMAND_DELIST, instrument=closed)
        assert lab.try_pot(1, **terms, instrument=closed) == codes.INSTRUMENT_MUST_BE_LISTED
        assert lab.try_pot(1, **terms, instrument=lab.asset(TOKEN)) == codes.OK

    def test_terms_change_but_not_what_a_pot_is(self, lab: PotLab) -> None:
        account = lab.tranche(1)
        assert lab.try_pot(1, account=account, rank=3, weight=7) == codes.OK
        assert (lab.pot(1, "rank"), lab.pot(1, "weight"), lab.pot(1, "own")) == (3, 7, 1_000)
        assert lab.try_pot(1, account=lab.open()) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE
        assert lab.try_pot(1, account=account, kind=m.POT_AMM) == codes.IMMUTABLE_PARAMETER_MUST_NOT_CHANGE

    def test_a_setting_says_which(self, lab: PotLab) -> None:
        account = lab.open()
        assert lab.try_pot(5, account=account) == codes.OK
        (event,) = lab.said_of(m.EVENT_POT_SET)
        assert (event.account, event.amount) == (account, 5)


class TestStaking:
    def test_the_first_micro_is_a_thousand_shares(self, lab: PotLab) -> None:
        account, staker = lab.tranche(1), lab.open(RICH)
        assert lab.stake(staker, 1, 5 * TOKEN) == codes.OK
        assert lab.stake_of(staker, 1) == (5_000 * TOKEN, 0, 5 * TOKEN, 0)
        assert (lab.cash(account), lab.cash(staker)) == (5 * TOKEN, RICH - 5 * TOKEN)
        (event,) = lab.said_of(m.EVENT_SHARES_CHANGED)
        assert (event.account, event.counterparty, event.price, event.amount) == (staker, account, 1, 5_000 * TOKEN)
        assert lab.auditor.books.shares_of(1) == lab.pot(1, "shares") == 5_000 * TOKEN

    def test_money_that_was_there_belongs_to_nobody_who_can_leave(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=100 * TOKEN)
        lab.backstop_pot(1)
        staker = lab.open(RICH)
        assert lab.stake(staker, 1, 100 * TOKEN) == codes.OK
        assert lab.stake_of(staker, 1)[2] == 100 * TOKEN
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=50 * TOKEN)
        assert 0 <= 125 * TOKEN - lab.stake_of(staker, 1)[2] <= 1, "half of a gain is the pool's own"

    def test_refusals_stand_in_order(self, lab: PotLab) -> None:
        account = lab.tranche(1, capacity=10 * TOKEN)
        staker = lab.open(20 * TOKEN)
        assert lab.stake(77, 1, 0) == codes.ACCOUNT_MUST_EXIST
        assert lab.stake(m.NAMED_FEES, 1, 0) == lab.stake(account, 1, 0) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        for number in (0, 2, 33, -1):
            assert lab.stake(staker, number, 0) == codes.POT_MUST_EXIST
        lab.policy(pauses=m.PAUSE_STAKE)
        assert lab.stake(staker, 1, 0) == codes.MECHANISM_MUST_NOT_BE_PAUSED
        lab.policy(pauses=m.PAUSE_ALL & ~m.PAUSE_STAKE)
        assert lab.stake(staker, 1, 0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert lab.stake(staker, 1, 10 * TOKEN + 1) == codes.POT_MUST_HAVE_ROOM
        assert lab.stake(staker, 1, 2**63 - 1) == codes.POT_MUST_HAVE_ROOM
        assert lab.stake(staker, 1, TOKEN, price=1_000 * TOKEN + 1) == codes.SHARES_MUST_REACH_LIMIT
        assert lab.stake(lab.open(TOKEN - 1), 1, TOKEN) == codes.CASH_MUST_NOT_BE_NEGATIVE
        assert lab.stake(staker, 1, TOKEN, price=1_000 * TOKEN) == codes.OK

    def test_initial_margin_stays_behind(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker, maker = lab.open(20 * TOKEN), lab.open(RICH)
        perp = lab.list_instrument(100 * TOKEN)
        assert lab.fill(staker, maker, perp, UNIT, 100 * TOKEN) == codes.OK
        assert lab.stake(staker, 1, 10 * TOKEN + 1) == codes.MARGIN_INITIAL_MUST_BE_COVERED
        assert lab.stake(staker, 1, 10 * TOKEN) == codes.OK

    def test_a_mark_that_blocks_withdrawals_blocks_stakes(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker, maker = lab.open(20 * TOKEN), lab.open(RICH)
        perp = lab.list_instrument(100 * TOKEN, sources_min=3)
        assert lab.fill(staker, maker, perp, 1, 100 * TOKEN) == codes.OK
        lab.must(m.COMMAND_MARK, instrument=perp, price=100 * TOKEN, time=lab.total("time"), sources=2)
        assert lab.stake(staker, 1, TOKEN) == codes.MARK_MUST_ALLOW_WITHDRAW

    def test_a_stake_never_mints_nothing_for_something(self, lab: PotLab) -> None:
        account, first, second = lab.tranche(1), lab.open(RICH), lab.open(RICH)
        assert lab.stake(first, 1, 1) == codes.OK
        lab.must(m.COMMAND_DEPOSIT, account=account, amount=10**6 * TOKEN)
        assert lab.stake(second, 1, TOKEN // 10) == codes.SHARES_MUST_BE_POSITIVE
        assert lab.cash(second) == RICH

    def test_shares_stop_before_they_leave_their_word(self, lab: PotLab) -> None:
        """With assets gone and shares many, a stake would mint more than fits: refused, never wrapped."""
        lab.backstop_pot(1)
        first, second = lab.open(10**14), lab.open(10**15)
        assert lab.stake(first, 1, 10**14) == codes.OK
        lab.leave_equity(m.NAMED_BACKSTOP, 0)
        assert lab.stake(second, 1, 10**15) == codes.SHARES_MUST_FIT
        assert lab.stake(second, 1, 11) == codes.SHARES_MUST_FIT
        assert lab.stake(second, 1, 10) == codes.OK
        assert SHARES_MAX // 2 < lab.pot(1, "shares") + lab.pot(1, "own") <= SHARES_MAX

    def test_a_backstop_that_owes_takes_no_stakes(self, lab: PotLab) -> None:
        lab.backstop_pot(1)
        staker = lab.open(RICH)
        lab.leave_equity(m.NAMED_BACKSTOP, -1)
        assert lab.stake(staker, 1, TOKEN) == codes.POT_MUST_BE_SOLVENT


class TestLeaving:
    def test_it_comes_back_when_its_time_has_come(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(RICH)
        assert lab.stake(staker, 1, 8 * TOKEN) == codes.OK
        assert lab.unstake(staker, 1, 3_000 * TOKEN) == codes.OK
        lab.tick(HOUR - 1)
        assert lab.cash(staker) == RICH - 8 * TOKEN
        assert lab.stake_of(staker, 1)[:2] == (8_000 * TOKEN, 3_000 * TOKEN)
        lab.tick(1)
        assert lab.cash(staker) == RICH - 5 * TOKEN
        assert lab.stake_of(staker, 1) == (5_000 * TOKEN, 0, 5 * TOKEN, 0)
        lab.leave(staker, 1)
        assert lab.cash(staker) == RICH
        assert lab.engine.pool.accounts[staker]["case"] == 0, "nothing is left of a stake without shares"

    def test_without_unbonding_it_is_paid_at_once(self, lab: PotLab) -> None:
        lab.tranche(1, unbonding=0)
        staker = lab.open(RICH)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(staker, 1, 1_000 * TOKEN) == codes.OK
        assert lab.cash(staker) == RICH

    def test_at_once_is_not_before_a_sweep_that_is_due(self, lab: PotLab) -> None:
        """A mark has come that may mean a loss: nobody leaves ahead of it."""
        lab.tranche(1, unbonding=0)
        staker = lab.open(TOKEN)
        perp = lab.list_instrument(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        lab.mark(perp, 2 * TOKEN)
        assert lab.unstake(staker, 1, 1_000 * TOKEN) == codes.OK
        assert lab.cash(staker) == 0
        lab.tick()
        assert lab.cash(staker) == TOKEN

    def test_refusals_stand_in_order(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker, other = lab.open(RICH), lab.open(RICH)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(m.NAMED_FUND, 1, 1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert lab.unstake(staker, 2, 1) == codes.POT_MUST_EXIST
        assert lab.unstake(staker, 1, 0) == codes.AMOUNT_MUST_BE_POSITIVE
        assert lab.unstake(other, 1, 1) == lab.unstake(staker, 1, 1_000 * TOKEN + 1) == codes.SHARES_MUST_BE_HELD
        assert lab.unstake(staker, 1, 1) == codes.OK
        assert lab.unstake(staker, 1, 1) == codes.STAKE_MUST_NOT_BE_UNBONDING
        lab.policy(pauses=m.PAUSE_STAKE)
        assert lab.unstake(staker, 1, 1) == codes.MECHANISM_MUST_NOT_BE_PAUSED

    def test_the_queue_keeps_its_order_within_the_budget_of_a_tick(self) -> None:
        lab = PotLab(settlements_per_tick=2)
        lab.tranche(1)
        lab.tranche(2)
        stakers = [lab.open(TOKEN) for _ in range(4)]
        for staker, pot in zip(stakers, (2, 1, 1, 1)):
            assert lab.stake(staker, pot, TOKEN) == codes.OK
            assert lab.unstake(staker, pot, 1_000 * TOKEN) == codes.OK
        assert [lab.place(staker, pot) for staker, pot in zip(stakers, (2, 1, 1, 1))] == [0, 0, 1, 2]
        paid = []
        for _ in range(3):
            lab.tick(HOUR)
            paid.append([lab.cash(staker) // TOKEN for staker in stakers])
        assert paid == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
        assert lab.place(stakers[0], 2) == -1

    def test_a_pause_keeps_everybody_in(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(staker, 1, 1_000 * TOKEN) == codes.OK
        lab.policy(pauses=m.PAUSE_STAKE)
        lab.tick(2 * HOUR)
        assert lab.cash(staker) == 0
        lab.policy(pauses=0)
        lab.tick()
        assert lab.cash(staker) == TOKEN

    def test_nobody_leaves_the_insurance_in_a_shortfall(self) -> None:
        lab = PotLab(pauses=m.PAUSE_RESOLVE)
        lab.tranche(1)
        lab.backstop_pot(2)
        staker = lab.open(2 * TOKEN)
        for pot in (1, 2):
            assert lab.stake(staker, pot, TOKEN) == codes.OK
            assert lab.unstake(staker, pot, 1_000 * TOKEN) == codes.OK
        lab.lose(5 * TOKEN)
        lab.tick(2 * HOUR)
        assert lab.total("shortfall") == 5 * TOKEN
        assert lab.cash(staker) == 0
        lab.policy(pauses=0)
        lab.tick(60_000)
        assert lab.total("shortfall") == 0
        assert lab.cash(staker) == TOKEN, "of the tranche nothing is left"

    def test_nobody_leaves_ahead_of_a_sweep_under_way(self) -> None:
        lab = PotLab(accounts_per_tick=3)
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        for _ in range(3):
            lab.open(TOKEN)
        perp = lab.list_instrument(TOKEN)
        while lab.total("sweeping") or lab.total("sweep_due"):
            lab.tick()
        assert lab.unstake(staker, 1, 1_000 * TOKEN) == codes.OK
        lab.mark(perp, 2 * TOKEN)
        lab.tick(HOUR)
        assert (lab.total("sweeping"), lab.cash(staker)) == (1, 0)
        lab.tick()
        assert (lab.total("sweeping"), lab.cash(staker)) == (0, TOKEN)

    def test_the_backstop_pays_what_it_can_spare(self, lab: PotLab) -> None:
        """Cash is there, but initial margin would not stay covered: whoever stands first waits, and all behind."""
        staker, patient, maker = lab.open(100 * TOKEN), lab.open(TOKEN), lab.open(RICH)
        perp = lab.list_instrument(100 * TOKEN)
        fields = {"instrument": perp, "account": m.NAMED_BACKSTOP, "counterparty": maker, "flags": m.FLAG_OPERATOR}
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=20 * TOKEN)
        lab.must(m.COMMAND_FILL, lots=2 * UNIT, price=100 * TOKEN, **fields)
        lab.backstop_pot(1)
        assert lab.stake(staker, 1, 100 * TOKEN) == lab.stake(patient, 1, TOKEN) == codes.OK
        lab.mark(perp, 60 * TOKEN)
        assert lab.unstake(staker, 1, 100_000 * TOKEN) == lab.unstake(patient, 1, 1_000_000) == codes.OK
        # 41 of 121 are left: 33.9 are due to the first, and 7.1 would not cover 12 of initial margin.
        lab.tick(HOUR)
        assert (lab.cash(staker), lab.cash(patient)) == (0, 0)
        lab.must(m.COMMAND_FILL, lots=-UNIT, price=60 * TOKEN, **fields)
        lab.tick()
        assert (lab.cash(staker), lab.cash(patient)) == (33_884_298, 338)

    def test_the_operator_cannot_trade_the_stakes_away(self, lab: PotLab) -> None:
        """It may only bring the backstop nearer to flat, and within the backstop's own fee of the mark."""
        maker, staker = lab.open(RICH), lab.open(100 * TOKEN)
        perp = lab.list_instrument(100 * TOKEN)
        fields = {"instrument": perp, "account": m.NAMED_BACKSTOP, "counterparty": maker, "flags": m.FLAG_OPERATOR}
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=100 * TOKEN)
        lab.must(m.COMMAND_FILL, lots=UNIT, price=100 * TOKEN, **fields)
        lab.backstop_pot(1)
        assert lab.stake(staker, 1, 100 * TOKEN) == codes.OK
        taken = codes.STAKES_MUST_NOT_BE_TAKEN
        assert lab.send(m.COMMAND_FILL, lots=UNIT, price=100 * TOKEN, **fields) == taken
        assert lab.send(m.COMMAND_FILL, lots=-2 * UNIT, price=100 * TOKEN, **fields) == taken
        assert lab.send(m.COMMAND_FILL, lots=-UNIT, price=90 * TOKEN, **fields) == taken
        assert lab.send(m.COMMAND_FILL, lots=-UNIT, price=100 * TOKEN, **fields) == codes.OK


class TestPrivateAccounts:
    def test_only_its_rules_move_a_pots_account(self, lab: PotLab) -> None:
        account = lab.tranche(1)
        owner = int(lab.engine.pool.accounts[account]["owner"])
        mate, maker = lab.open(RICH, owner=owner), lab.open(RICH)
        perp, asset = lab.list_instrument(TOKEN), lab.asset(TOKEN)
        assert lab.stake(mate, 1, TOKEN) == codes.OK
        refused = codes.ACCOUNT_MUST_NOT_BE_NAMED
        assert lab.send(m.COMMAND_WITHDRAW, account=account, amount=1) == refused
        assert lab.send(m.COMMAND_TRANSFER, account=account, counterparty=mate, amount=1) == refused
        assert lab.send(m.COMMAND_CLOSE_ACCOUNT, account=account) == refused
        assert lab.send(m.COMMAND_SET_MODE, account=account, flags=1) == refused
        assert lab.send(m.COMMAND_SET_LIMITS, account=account) == refused
        assert lab.send(m.COMMAND_RESERVE, account=account, instrument=perp, lots=1, price=TOKEN) == refused
        assert lab.fill(account, maker, perp, 1, TOKEN) == refused
        assert lab.fill(maker, account, perp, 1, TOKEN) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        assert lab.bid(account, maker, perp, 1) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        back = {"account": mate, "counterparty": account, "amount": 1}
        assert lab.send(m.COMMAND_TRANSFER, **back) == codes.COUNTERPARTY_MUST_NOT_BE_NAMED
        lots = {"account": account, "counterparty": owner, "instrument": asset, "lots": 1_000}
        assert lab.send(m.COMMAND_DEPOSIT, **lots) == refused
        assert lab.send(m.COMMAND_DEPOSIT, account=account, amount=1) == codes.OK, "a gift to those who stay"

    def test_the_bonds_are_nobodys(self, lab: PotLab) -> None:
        assert lab.send(m.COMMAND_DEPOSIT, account=m.NAMED_BONDS, amount=1) == codes.ACCOUNT_MUST_NOT_BE_NAMED
        fields = {"counterparty": lab.open(), "amount": 1, "flags": m.FLAG_OPERATOR}
        assert lab.send(m.COMMAND_TRANSFER, account=m.NAMED_BONDS, **fields) == codes.ACCOUNT_MUST_NOT_BE_NAMED

    def test_what_is_staked_in_the_backstop_cannot_be_taken_out_of_it(self, lab: PotLab) -> None:
        lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=TOKEN)
        lab.backstop_pot(1)
        staker = lab.open(RICH)
        fields = {"account": m.NAMED_BACKSTOP, "counterparty": staker, "amount": 1}
        assert lab.send(m.COMMAND_TRANSFER, **fields, flags=m.FLAG_OPERATOR) == codes.OK
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.send(m.COMMAND_TRANSFER, **fields) == codes.OPERATOR_MUST_ACT
        assert lab.send(m.COMMAND_TRANSFER, **fields, flags=m.FLAG_OPERATOR) == codes.STAKES_MUST_NOT_BE_TAKEN

    def test_an_account_with_a_stake_is_not_closed(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.send(m.COMMAND_CLOSE_ACCOUNT, account=staker) == codes.ACCOUNT_MUST_BE_EMPTY


class TestBooks:
    def test_a_share_too_many_is_noticed_by_identity_and_auditor(self, lab: PotLab) -> None:
        lab.tranche(1)
        staker = lab.open(TOKEN)
        assert lab.stake(staker, 1, TOKEN) == codes.OK
        assert lab.unstake(staker, 1, 7) == codes.OK
        stake = lab.engine.pool.stakes[1]
        stake["shares"] += 1
        assert lab.engine.identities() == ["I9 pot=1: shares of stakes=1000000001 shares=1000000000"]
        assert differences(lab.auditor, lab.engine) == [
            f"shares of account {staker} in pot 1: events say 1000000000, tables say 1000000001"
        ]
        stake["shares"] -= 1
        stake["unbonding"] -= 1
        assert lab.engine.identities() == ["I9 pot=1: unbonding of stakes=6 unbonding_shares=7"]

    def test_what_no_pot_may_hold_is_noticed(self, lab: PotLab) -> None:
        account, asset = lab.tranche(1), lab.asset(TOKEN)
        row = lab.engine.pool.accounts[account]
        row["mode"] = m.MODE_STANDARD
        assert [broken[:8] for broken in lab.engine.identities()] == ["I9 pot=1"], "anybody could command it"
        fields = {"counterparty": int(row["owner"]), "instrument": asset, "lots": 1_000}
        assert Lab.send(lab, m.COMMAND_DEPOSIT, account=account, **fields) == codes.OK
        row["mode"] = m.MODE_POT
        assert [broken[:8] for broken in lab.engine.identities()] == ["I9 pot=1"], "a tranche holds cash alone"

    def test_every_term_has_a_bound(self) -> None:
        assert list(TERMS) == list(POT_BOUNDS)
