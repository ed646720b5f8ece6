"""The sealed-bid batch: its phases to the millisecond, its one price, its bonds, and what cheats gain by it."""

import numpy as np
import pytest
from tests.core.venue_of_auctions import PERCENT, PERP, PPB, RICH, START, TOKEN, Desk

from plimsoll.engine import COMMAND
from plimsoll.engine.host import ROWS_SLACK
from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import SEALS_MAX
from plimsoll.venue.seals import seal_of

COMMIT, REVEAL, BOND = 1_000, 500, 50 * TOKEN
REVEALS = START + COMMIT
DUE = REVEALS + REVEAL


class Batch(Desk):
    """A portfolio account (9) long ten at 5,000, now at 4,600: E = 2,000, MM = 2,300, X = 2,875; its batch is open."""

    def __init__(self, **policy: int) -> None:
        terms = {"batch_commit": COMMIT, "batch_reveal": REVEAL, "batch_bond": BOND, "backstop_after": 10**6}
        super().__init__(**{**terms, "fund_share": 0, **policy})
        self.weak = self.open(6_000 * TOKEN, m.MODE_PORTFOLIO)
        self.buy(self.weak, 10 * 10**6)
        self.mark(PERP, 4_600 * TOKEN)
        self.tick(START)
        assert self.health(self.weak) == (2_000 * TOKEN, 2_300 * TOKEN)

    def seal(self, bidder: int, part: int, discount: int, salt: int = 7) -> int:
        words = seal_of(self.weak, bidder, part, discount, salt, -salt)
        return self.commit(bidder, words)

    def commit(self, bidder: int, words: tuple[int, int, int, int]) -> int:
        lots, price, amount, premium = words
        fields = {"account": self.weak, "counterparty": bidder, "lots": lots, "price": price}
        return self.send(m.COMMAND_COMMIT, **fields, amount=amount, premium=premium)

    def reveal(self, bidder: int, part: int, discount: int, salt: int = 7) -> int:
        fields = {"account": self.weak, "counterparty": bidder, "lots": part, "price": discount}
        return self.send(m.COMMAND_REVEAL, **fields, amount=salt, premium=-salt)

    def bids(self, *bids: tuple[int, int, int]) -> None:
        """All commit, all reveal, and the time is over."""
        for bid in bids:
            assert self.seal(*bid) == codes.OK
        self.tick(REVEALS)
        for bid in bids:
            assert self.reveal(*bid) == codes.OK
        self.tick(DUE)

    def bidders(self, *cash: int) -> list[int]:
        return [self.open(money, m.MODE_PORTFOLIO) for money in cash]

    def paid(self) -> dict[int, int]:
        """What each taker was paid by the account."""
        lines = [line for line in self.ledger if line["mechanism"] == m.MECHANISM_BATCH and line["lots"] == 0]
        return {line["taker"]: line["to_liquidator"] for line in lines}

    def ended(self) -> tuple[int, int]:
        """(discount, part that went) of the batch that ended."""
        (event,) = self.said(m.EVENT_BATCH_ENDED)
        assert event.account == self.weak
        return event.price, event.amount

    def batch(self) -> int:
        return self.case(self.weak)["batch"]


class TestPrice:
    def test_everybody_gets_the_discount_of_the_last_bid_that_is_needed(self):
        # At 6 %: 2,000 - 120 p >= 2,875 (1 - p) gives p = 0.3176: 31.8 %, which 10 + 10 + 15 reach.
        batch = Batch()
        low, middle, last, high = batch.bidders(*[10_000 * TOKEN] * 4)
        part = 10 * PERCENT
        batch.bids((high, 90 * PERCENT, 9 * PERCENT), (low, part, 2 * PERCENT), (last, 15 * PERCENT, 6 * PERCENT),
                   (middle, part, 4 * PERCENT))  # fmt: skip
        assert batch.ended() == (6 * PERCENT, 318 * 10**6)
        assert [batch.lots(bidder) for bidder in (low, middle, last, high)] == [1_000_000, 999_999, 1_180_000, 0]
        # 6 % of a tenth of 2,000; of a ninth of nine tenths of 1,988; of 14.75 % of eight ninths of 1,777.272.
        assert batch.paid() == {low: 12_000_000, middle: 11_927_999, last: 13_981_206}
        assert batch.stage(batch.weak) == m.STAGE_HEALTHY
        assert batch.cash(m.NAMED_BONDS) == 0
        assert batch.cash(high) == 10_000 * TOKEN

    def test_ties_go_by_who_committed_first(self):
        batch = Batch()
        first, second = batch.bidders(RICH, RICH)
        batch.bids((second, 40 * PERCENT, 3 * PERCENT), (first, 40 * PERCENT, 3 * PERCENT))
        assert batch.lots(second) > 0
        assert batch.lots(first) == 0

    def test_bids_that_do_not_suffice_are_taken_and_the_rest_is_for_open_bids(self):
        batch = Batch()
        one, two = batch.bidders(RICH, RICH)
        batch.bids((one, 5 * PERCENT, PERCENT), (two, 6 * PERCENT, 2 * PERCENT))
        assert batch.ended() == (2 * PERCENT, 11 * PERCENT)
        assert batch.batch() == m.BATCH_OVER
        assert batch.case(batch.weak)["slice_since"] == DUE
        batch.do(m.COMMAND_BID, account=batch.weak, counterparty=one, lots=PPB)
        assert batch.stage(batch.weak) == m.STAGE_HEALTHY

    def test_a_bid_for_more_than_is_needed_gets_what_is_needed(self):
        batch = Batch()
        one, two = batch.bidders(RICH, RICH)
        batch.bids((one, PPB, 0), (two, PPB, 10 * PERCENT))
        # At no discount: 2,875 (1 - p) <= 2,000 gives 30.5 %.
        assert batch.ended() == (0, 305 * 10**6)
        assert batch.lots(one) == 3_050_000
        assert batch.paid() == {}

    def test_a_small_account_goes_whole(self):
        batch = Batch(slice_whole=2_300 * TOKEN)
        one, two = batch.bidders(RICH, RICH)
        batch.bids((one, 60 * PERCENT, PERCENT), (two, 60 * PERCENT, 2 * PERCENT))
        # 40 % of the rest would do, but the first has left the account restored.
        assert batch.ended() == (2 * PERCENT, 60 * PERCENT)
        assert (batch.lots(one), batch.lots(two)) == (6_000_000, 0)

    def test_the_fund_has_its_share(self):
        batch = Batch(fund_share=25 * PERCENT)
        one, two = batch.bidders(RICH, RICH)
        before = batch.cash(m.NAMED_FUND)
        batch.bids((one, 20 * PERCENT, 5 * PERCENT), (two, 20 * PERCENT, 5 * PERCENT))
        first = [line for line in batch.ledger if line["taker"] == one and line["lots"] == 0]
        assert [(line["to_liquidator"], line["to_fund"]) for line in first] == [(15 * TOKEN, 5 * TOKEN)]
        assert batch.cash(m.NAMED_FUND) - before == sum(line["to_fund"] for line in batch.ledger)


class TestBonds:
    def test_a_bond_is_set_aside_and_comes_back(self):
        batch = Batch()
        one, two = batch.bidders(RICH, RICH)
        assert batch.seal(one, PPB, 0) == codes.OK
        assert (batch.cash(one), batch.cash(m.NAMED_BONDS)) == (RICH - BOND, BOND)
        assert batch.seal(two, PPB, 0) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(one, PPB, 0) == batch.reveal(two, PPB, 0) == codes.OK
        batch.tick(DUE)
        assert batch.cash(m.NAMED_BONDS) == 0
        assert batch.cash(two) == RICH
        back = [(event.account, event.cash) for event in batch.said(m.EVENT_BOND_RETURNED)]
        assert back == [(m.NAMED_BONDS, -BOND), (one, BOND), (m.NAMED_BONDS, -BOND), (two, BOND)]

    def test_a_bid_that_is_not_revealed_loses_its_bond_to_the_fund(self):
        batch = Batch(batch_bids_min=1)
        silent, other = batch.bidders(RICH, RICH)
        assert batch.seal(silent, PPB, 0) == batch.seal(other, PPB, PERCENT) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(other, PPB, PERCENT) == codes.OK
        batch.tick(DUE)
        assert batch.cash(silent) == RICH - BOND
        assert batch.cash(m.NAMED_FUND) == BOND
        assert batch.lots(other) > 0

    def test_a_halt_over_the_whole_time_of_reveals_costs_nobody_a_bond(self):
        batch = Batch(batch_bids_min=1)
        one, two = batch.bidders(RICH, RICH)
        assert batch.seal(one, PPB, 0) == batch.seal(two, PPB, PERCENT) == codes.OK
        batch.tick(REVEALS - 1)
        assert batch.reveal(one, PPB, 0) == codes.REVEAL_PHASE_MUST_BE_OPEN
        # The next tick comes when all is over.
        batch.tick(DUE)
        assert batch.ended() == (0, 0)
        assert [batch.cash(row) for row in (one, two, m.NAMED_BONDS, m.NAMED_FUND)] == [RICH, RICH, 0, 0]

    def test_a_write_down_of_the_token_leaves_every_bond_to_be_returned(self):
        batch = Batch()
        one, two = batch.bidders(RICH, RICH)
        assert batch.seal(one, PPB, 0) == batch.seal(two, PPB, 0) == codes.OK
        batch.do(m.COMMAND_WRITE_DOWN, instrument=0, amount=RICH)
        assert batch.cash(m.NAMED_BONDS) == 2 * BOND
        left = [batch.cash(bidder) for bidder in (one, two)]
        batch.tick(DUE)
        assert [batch.cash(bidder) for bidder in (one, two)] == [cash + BOND for cash in left]
        assert batch.cash(m.NAMED_BONDS) == 0

    @pytest.mark.parametrize("discount", [10 * PERCENT, 10 * PERCENT + 1])
    def test_too_few_bids_fall_through_to_slices(self, discount):
        # Two are asked for; one too dear counts for none, but was honest: its bond comes back.
        batch = Batch()
        one, two, silent = batch.bidders(RICH, RICH, RICH)
        assert batch.seal(silent, PPB, 0) == codes.OK
        batch.bids((one, 20 * PERCENT, PERCENT), (two, 20 * PERCENT, discount))
        is_enough = discount <= 10 * PERCENT
        assert (batch.lots(one) > 0) == is_enough
        if not is_enough:
            assert batch.ended() == (0, 0)
            assert [batch.cash(bidder) for bidder in (one, two, silent)] == [RICH, RICH, RICH - BOND]
            assert batch.batch() == m.BATCH_OVER
            batch.do(m.COMMAND_BID, account=batch.weak, counterparty=one, lots=PPB)
        assert batch.cash(m.NAMED_BONDS) == 0

    def test_nobody_came(self):
        batch = Batch()
        batch.tick(DUE)
        assert batch.ended() == (0, 0)
        assert batch.batch() == m.BATCH_OVER

    def test_a_winner_that_cannot_margin_loses_its_bond_and_the_next_is_asked(self):
        batch = Batch()
        poor, next_one, last = batch.bidders(BOND + 100 * TOKEN, RICH, RICH)
        batch.bids((poor, 20 * PERCENT, PERCENT), (next_one, 15 * PERCENT, 2 * PERCENT), (last, PPB, 3 * PERCENT))
        assert batch.lots(poor) == 0
        assert batch.cash(poor) == 100 * TOKEN
        assert batch.cash(m.NAMED_FUND) == BOND
        assert batch.lots(next_one) == 1_500_000
        # The price was made with the bid that was not kept; the last gives what is left of the need.
        assert batch.ended()[0] == 2 * PERCENT
        assert batch.lots(last) == 0

    def test_a_bid_of_which_nothing_is_left_to_take_keeps_its_bond(self):
        batch = Batch(batch_bids_min=1)
        greedy, crumbs = batch.bidders(RICH, RICH)
        needed = 309 * 10**6  # at 2 %
        batch.bids((greedy, needed - 1, 2 * PERCENT), (crumbs, PPB, 2 * PERCENT))
        assert batch.ended() == (2 * PERCENT, needed - 1)
        assert batch.cash(crumbs) == RICH
        assert batch.cash(m.NAMED_FUND) == 0

    def test_a_liquidation_that_ends_early_returns_the_bonds(self):
        batch = Batch()
        (bidder,) = batch.bidders(RICH)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.mark(PERP, 5_000 * TOKEN)
        batch.tick(START + 1)
        assert batch.stage(batch.weak) == m.STAGE_HEALTHY
        assert (batch.cash(bidder), batch.cash(m.NAMED_BONDS)) == (RICH, 0)
        assert int(batch.engine.pool.accounts["case"][batch.weak]) == 0
        assert int(batch.engine.pool.seals["account"][:2].sum()) == 0

    @pytest.mark.parametrize("mark", [4_399_999_999, 4_500 * TOKEN])
    def test_a_batch_ends_with_bonds_returned_below_zero_and_below_the_backstops_ratio(self, mark):
        batch = Batch(backstop_ratio=80 * PERCENT)
        (bidder,) = batch.bidders(RICH)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.mark(PERP, mark)
        batch.tick(START + 1)
        assert batch.cash(bidder) >= RICH - TOKEN
        assert batch.cash(m.NAMED_BONDS) == 0
        assert batch.batch() != m.BATCH_OPEN

    def test_time_alone_does_not_bring_the_backstop_while_bids_come_in(self):
        batch = Batch(backstop_after=100)
        batch.do(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
        batch.tick(DUE - 1)
        assert batch.lots(m.NAMED_BACKSTOP) == 0
        batch.tick(DUE)
        assert batch.lots(m.NAMED_BACKSTOP) > 0


class TestSeals:
    def test_the_helper_makes_the_seal_the_engine_checks(self):
        batch = Batch(batch_bids_min=1)
        (bidder,) = batch.bidders(RICH)
        words = seal_of(batch.weak, bidder, 3 * 10**8, 12_345_678, -(2**63), 2**63 - 1)
        assert batch.commit(bidder, words) == codes.OK
        batch.tick(REVEALS)
        bid = {"account": batch.weak, "counterparty": bidder, "lots": 3 * 10**8, "price": 12_345_678}
        salt = {"amount": -(2**63), "premium": 2**63 - 1}
        for change in ({"lots": 3 * 10**8 - 1}, {"price": 12_345_679}, {"amount": 0}, {"premium": 0}):
            assert batch.send(m.COMMAND_REVEAL, **{**bid, **salt, **change}) == codes.SEAL_MUST_MATCH
        assert batch.send(m.COMMAND_REVEAL, **bid, **salt) == codes.OK
        (event,) = batch.said(m.EVENT_REVEALED)
        assert (event.account, event.counterparty, event.price, event.amount) == (
            batch.weak, bidder, 12_345_678, 3 * 10**8,
        )  # fmt: skip

    @pytest.mark.parametrize("word", range(4))
    def test_every_word_of_a_seal_counts(self, word):
        batch = Batch()
        (bidder,) = batch.bidders(RICH)
        words = list(seal_of(batch.weak, bidder, PPB, 0, 7, -7))
        words[word] ^= 1
        assert batch.commit(bidder, tuple(words)) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(bidder, PPB, 0) == codes.SEAL_MUST_MATCH

    def test_a_copied_seal_cannot_be_revealed(self):
        batch = Batch()
        honest, copier = batch.bidders(RICH, RICH)
        words = seal_of(batch.weak, honest, PPB, PERCENT, 7, -7)
        assert batch.commit(honest, words) == batch.commit(copier, words) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(honest, PPB, PERCENT) == codes.OK
        assert batch.reveal(copier, PPB, PERCENT) == codes.SEAL_MUST_MATCH
        batch.tick(DUE)
        assert batch.cash(copier) == RICH - BOND


class TestPhases:
    @pytest.mark.parametrize(("time", "answer"), [(REVEALS - 1, codes.OK), (REVEALS, codes.COMMIT_PHASE_MUST_BE_OPEN)])
    def test_commits_end_to_the_millisecond(self, time, answer):
        batch = Batch()
        (bidder,) = batch.bidders(RICH)
        batch.tick(time)
        assert batch.seal(bidder, PPB, 0) == answer

    @pytest.mark.parametrize(
        ("time", "answer"),
        [(REVEALS - 1, codes.REVEAL_PHASE_MUST_BE_OPEN), (REVEALS, codes.OK), (DUE - 1, codes.OK)],
    )
    def test_reveals_begin_to_the_millisecond(self, time, answer):
        batch = Batch()
        (bidder,) = batch.bidders(RICH)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.tick(time)
        assert batch.reveal(bidder, PPB, 0) == answer

    def test_reveals_end_to_the_millisecond(self):
        # One account a tick: the sweep is still on its way to the batch that is due.
        batch = Batch(accounts_per_tick=1)
        (bidder,) = batch.bidders(RICH)
        while batch.stage(batch.weak) != m.STAGE_LIQUIDATING:
            batch.tick(START)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.tick(DUE)
        while batch.batch() == m.BATCH_OPEN:
            assert batch.reveal(bidder, PPB, 0) == codes.REVEAL_PHASE_MUST_BE_OPEN
            batch.tick(DUE)
        assert batch.reveal(bidder, PPB, 0) == codes.BATCH_MUST_BE_OPEN

    def test_no_slice_is_sold_while_the_batch_is_open(self):
        batch = Batch()
        (bidder,) = batch.bidders(RICH)
        bid = {"account": batch.weak, "counterparty": bidder, "lots": PPB}
        assert batch.send(m.COMMAND_BID, **bid) == codes.BATCH_MUST_BE_OVER
        batch.tick(DUE)
        assert batch.send(m.COMMAND_BID, **bid) == codes.OK

    def test_a_standard_account_has_no_batch(self):
        desk = Batch()
        weak = desk.open(6_000 * TOKEN)
        desk.mark(PERP, 5_000 * TOKEN)
        desk.buy(weak, 10 * 10**6)
        desk.mark(PERP, 4_600 * TOKEN)
        desk.tick(START)
        assert desk.stage(weak) == m.STAGE_LIQUIDATING
        assert desk.case(weak)["batch"] == m.BATCH_NONE


class TestRefusals:
    def test_commits(self):
        batch = Batch(endorsed_first=100)
        bidder, other = batch.bidders(RICH, RICH)
        own = batch.open(RICH, owner=int(batch.engine.pool.accounts["owner"][batch.weak]))
        fields = {"account": batch.weak, "counterparty": bidder}
        for change, answer in (
            ({"account": 99}, codes.ACCOUNT_MUST_EXIST),
            ({"counterparty": 99}, codes.COUNTERPARTY_MUST_EXIST),
            ({"counterparty": batch.weak}, codes.ACCOUNTS_MUST_DIFFER),
            ({"counterparty": m.NAMED_BACKSTOP}, codes.COUNTERPARTY_MUST_NOT_BE_NAMED),
            ({"counterparty": own}, codes.OWNERS_MUST_DIFFER),
            ({"account": other}, codes.ACCOUNT_MUST_BE_LIQUIDATING),
            ({}, codes.BIDDER_MUST_BE_ENDORSED),
        ):
            assert codes.sentence(batch.send(m.COMMAND_COMMIT, **{**fields, **change})) == codes.sentence(answer)
        batch.tick(START + 100)
        assert batch.send(m.COMMAND_COMMIT, **fields) == codes.OK
        assert batch.send(m.COMMAND_COMMIT, **fields) == codes.BIDDER_MUST_COMMIT_ONCE
        batch.set_policy(pauses=m.PAUSE_BATCH)
        assert batch.send(m.COMMAND_COMMIT, **{**fields, "counterparty": other}) == codes.MECHANISM_MUST_NOT_BE_PAUSED

    def test_reveals(self):
        batch = Batch()
        bidder, other = batch.bidders(RICH, RICH)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.tick(REVEALS)
        fields = {"account": batch.weak, "counterparty": bidder, "lots": PPB, "amount": 7, "premium": -7}
        batch.set_policy(pauses=m.PAUSE_BATCH)
        assert batch.send(m.COMMAND_REVEAL, **fields) == codes.MECHANISM_MUST_NOT_BE_PAUSED
        batch.set_policy(pauses=0)
        for change, answer in (
            ({"account": 99}, codes.ACCOUNT_MUST_EXIST),
            ({"counterparty": 99}, codes.COUNTERPARTY_MUST_EXIST),
            ({"account": other}, codes.BATCH_MUST_BE_OPEN),
            ({"counterparty": other}, codes.SEAL_MUST_EXIST),
            ({"lots": 0}, codes.SLICE_MUST_BE_WITHIN_LIMIT),
            ({"lots": PPB + 1}, codes.SLICE_MUST_BE_WITHIN_LIMIT),
            ({"price": -1}, codes.DISCOUNT_MUST_BE_WITHIN_LIMIT),
            ({"price": PPB + 1}, codes.DISCOUNT_MUST_BE_WITHIN_LIMIT),
            ({"price": PPB}, codes.SEAL_MUST_MATCH),
            ({}, codes.OK),
            ({}, codes.SEAL_MUST_NOT_BE_REVEALED),
        ):
            assert codes.sentence(batch.send(m.COMMAND_REVEAL, **{**fields, **change})) == codes.sentence(answer)

    def test_a_bond_is_cash_to_the_micro(self):
        batch = Batch()
        short, exact = batch.bidders(BOND - 1, BOND)
        assert batch.seal(short, PPB, 0) == codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
        assert batch.seal(exact, PPB, 0) == codes.OK
        assert batch.cash(exact) == 0

    def test_a_bond_is_not_margin_to_the_micro(self):
        batch = Batch()
        trader, lucky = batch.bidders(460 * TOKEN + BOND - 1, 460 * TOKEN + BOND)
        for bidder in (trader, lucky):
            batch.buy(bidder, 10**6)
        assert batch.seal(trader, PPB, 0) == codes.COUNTERPARTY_MARGIN_INITIAL_MUST_BE_COVERED
        assert batch.seal(lucky, PPB, 0) == codes.OK

    def test_an_account_has_room_for_so_many_seals(self):
        batch = Batch(batch_bond=0)
        bidders = batch.bidders(*[0] * (SEALS_MAX + 1))
        answers = [batch.seal(bidder, PPB, 0) for bidder in bidders]
        assert answers == [codes.OK] * SEALS_MAX + [codes.BATCH_MUST_HAVE_ROOM]

    def test_a_bidder_with_a_bond_out_cannot_close_its_account(self):
        batch = Batch()
        (bidder,) = batch.bidders(BOND)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        assert batch.send(m.COMMAND_CLOSE_ACCOUNT, account=bidder) == codes.ACCOUNT_MUST_BE_EMPTY
        batch.tick(DUE)
        batch.do(m.COMMAND_WITHDRAW, account=bidder, amount=BOND)
        assert batch.send(m.COMMAND_CLOSE_ACCOUNT, account=bidder) == codes.OK

    def test_nobody_is_sold_what_the_last_owner_of_its_account_bid_for(self):
        # Without a bond a bidder could bid, empty and close its account, and leave the bid to who opens it next.
        batch = Batch(batch_bond=0)
        (bidder,) = batch.bidders(RICH)
        assert batch.seal(bidder, PPB, 0) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(bidder, PPB, 0) == codes.OK
        batch.do(m.COMMAND_WITHDRAW, account=bidder, amount=RICH)
        assert batch.send(m.COMMAND_CLOSE_ACCOUNT, account=bidder) == codes.ACCOUNT_MUST_BE_EMPTY
        batch.tick(DUE)
        assert batch.send(m.COMMAND_CLOSE_ACCOUNT, account=bidder) == codes.OK


class TestPauses:
    def test_a_paused_batch_that_is_due_returns_every_bond(self):
        batch = Batch()
        bidder, silent = batch.bidders(RICH, RICH)
        assert batch.seal(bidder, PPB, 0) == batch.seal(silent, PPB, 0) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(bidder, PPB, 0) == codes.OK
        batch.set_policy(pauses=m.PAUSE_BATCH)
        batch.tick(DUE)
        assert batch.cash(bidder) == batch.cash(silent) == RICH
        assert batch.ended() == (0, 0)

    def test_no_batch_opens_while_they_are_paused(self):
        assert Batch(pauses=m.PAUSE_BATCH).batch() == m.BATCH_NONE

    def test_a_batch_is_not_cleared_at_marks_that_forbid_it(self):
        batch = Batch(batch_bids_min=1)
        (bidder,) = batch.bidders(RICH)
        assert batch.seal(bidder, PPB, PERCENT) == codes.OK
        batch.tick(REVEALS)
        assert batch.reveal(bidder, PPB, PERCENT) == codes.OK
        batch.do(m.COMMAND_MARK, instrument=PERP, price=0, time=batch.time)
        batch.tick(DUE)
        assert (batch.batch(), batch.lots(bidder)) == (m.BATCH_OPEN, 0)
        batch.mark(PERP, 4_600 * TOKEN)
        batch.tick(DUE + 1)
        assert batch.lots(bidder) > 0


class TestAttacks:
    def test_two_identities_cannot_make_the_account_pay_more_than_the_most(self):
        # One takes nearly all that is needed for nothing, the other the rest for the most: the most is what is paid.
        batch = Batch()
        eager, shading = batch.bidders(RICH, RICH)
        batch.bids((eager, 30 * PERCENT, 0), (shading, 70 * PERCENT, 10 * PERCENT))
        discount, gone = batch.ended()
        assert discount == 10 * PERCENT
        equity_that_went = 2_000 * TOKEN * gone // PPB
        assert 0 < sum(batch.paid().values()) <= equity_that_went // 10

    def test_a_competitor_takes_the_shade_away(self):
        batch = Batch()
        eager, shading, honest = batch.bidders(RICH, RICH, RICH)
        batch.bids((eager, 30 * PERCENT, 0), (shading, 70 * PERCENT, 10 * PERCENT), (honest, 10 * PERCENT, PERCENT))
        assert batch.ended()[0] == PERCENT
        assert batch.lots(shading) == 0

    def test_splitting_a_bid_among_identities_is_never_paid_more(self):
        whole, split = Batch(), Batch()
        one, other = whole.bidders(RICH, RICH)
        whole.bids((one, 32 * PERCENT, 5 * PERCENT), (other, 32 * PERCENT, 5 * PERCENT))
        many = split.bidders(*[RICH] * 32)
        split.bids(*((bidder, PERCENT, 5 * PERCENT) for bidder in many))
        assert whole.ended() == split.ended()
        assert 0 < sum(split.paid().values()) <= sum(whole.paid().values())

    def test_a_full_batch_is_within_the_rows_the_host_makes(self):
        batch = Batch(batch_bond=1)
        bidders = batch.bidders(*[RICH] * SEALS_MAX)
        batch.set_policy(steps_per_tick=1)
        for place, bidder in enumerate(bidders):
            assert batch.seal(bidder, PPB // 200, place) == codes.OK
        batch.tick(REVEALS)
        for place, bidder in enumerate(bidders):
            assert batch.reveal(bidder, PPB // 200, place) == codes.OK
        batch.events.clear()
        tick = np.zeros(1, COMMAND)
        tick["kind"] = m.COMMAND_TICK
        accounts, holdings = (int(batch.engine.pool.totals[name][0]) for name in ("accounts", "holdings"))
        events, ledger = batch.engine._rows_of_one_command(tick, accounts, holdings)
        while batch.batch() == m.BATCH_OPEN:
            batch.tick(DUE)
        assert [batch.lots(bidder) > 0 for bidder in bidders] == [place < 61 for place in range(SEALS_MAX)]
        assert batch.stage(batch.weak) == m.STAGE_HEALTHY
        assert 61 * 4 < len(batch.events) < events - ROWS_SLACK
        assert 61 * 1 <= len(batch.ledger) < ledger - ROWS_SLACK

    @pytest.mark.parametrize("budget", [5, 6])
    def test_clearing_counts_one_step_and_one_a_seal_and_a_leg(self, budget):
        batch = Batch()
        one, two = batch.bidders(RICH, RICH)
        following = batch.open(1_000 * TOKEN)
        batch.buy(following, 10**6)
        for bidder in (one, two):
            assert batch.seal(bidder, 20 * PERCENT, PERCENT) == codes.OK
        batch.tick(REVEALS)
        for bidder in (one, two):
            assert batch.reveal(bidder, 20 * PERCENT, PERCENT) == codes.OK
        # The next account says that it was looked at.
        batch.do(m.COMMAND_SET_LIMITS, account=following, price=5 * PPB)
        batch.set_policy(steps_per_tick=budget)
        batch.tick(DUE)
        assert batch.lots(two) > 0
        assert len(batch.said(m.EVENT_TRIGGERED)) == (budget == 6)
