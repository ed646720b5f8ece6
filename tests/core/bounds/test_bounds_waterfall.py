"""One unit inside and one outside each bound: liquidation and its stages."""

import pytest
from tests.core.bounds.setting import RICH, figures_of
from tests.reference.build import ASSET, CONTRACT, HOUR, PERCENT, TOKEN
from tests.reference.pair import Pair

from plimsoll.units import codes
from plimsoll.units import messages as m


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
