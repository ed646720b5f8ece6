"""How much the backstop takes: a share of what is open, a notional a day, nothing while it rests."""

import pytest
from tests.pot_lab import DAY, PERCENT, PPB, TOKEN, UNIT, PotLab

from plimsoll.units import codes
from plimsoll.units import messages as m

RICH = 10**15


class BackstopLab(PotLab):
    """A rich backstop that acts at once below maintenance, and a perp at 100 tokens a unit."""

    def __init__(self, **policy: int):
        super().__init__(**{"backstop_ratio": PPB, **policy})
        self.must(m.COMMAND_DEPOSIT, account=m.NAMED_BACKSTOP, amount=RICH)
        self.perp = self.list_instrument(100 * TOKEN)
        self.maker = self.open(RICH)

    def breach(self, units: int) -> int:
        """An account long of so many units with 4 % of equity, swept at a mark of 96; returns what the backstop got."""
        self.mark(self.perp, 100 * TOKEN)
        trader = self.open(10 * units * TOKEN)
        assert self.fill(trader, self.maker, self.perp, units * UNIT, 100 * TOKEN) == codes.OK
        before = self.lots(m.NAMED_BACKSTOP, self.perp)
        self.leave_equity(trader, 8 * units * TOKEN)
        self.mark(self.perp, 96 * TOKEN)
        self.tick()
        return self.lots(m.NAMED_BACKSTOP, self.perp) - before

    def counted(self) -> int:
        return self.total("day_backstop")


def test_without_limits_it_takes_what_is_needed() -> None:
    lab = BackstopLab()
    assert lab.breach(10) > UNIT
    assert lab.counted() == lab.lots(m.NAMED_BACKSTOP, lab.perp) * 96_000


def test_it_never_holds_more_than_its_share_of_open_interest() -> None:
    """Of 100 units open 1 % is one unit; the account of another 10 leaves 0.1 more."""
    lab = BackstopLab(backstop_interest_max=PERCENT)
    bystander = lab.open(RICH)
    assert lab.fill(bystander, lab.maker, lab.perp, 90 * UNIT, 100 * TOKEN) == codes.OK
    assert lab.breach(10) == UNIT
    assert lab.breach(10) == UNIT // 10


def test_what_offsets_its_position_is_always_welcome() -> None:
    lab = BackstopLab(backstop_interest_max=0)
    fields = {"instrument": lab.perp, "price": 100 * TOKEN, "flags": m.FLAG_OPERATOR}
    assert lab.breach(10) == 0
    lab.must(m.COMMAND_MARK, instrument=lab.perp, price=100 * TOKEN, time=lab.total("time"))
    lab.must(m.COMMAND_FILL, account=m.NAMED_BACKSTOP, counterparty=lab.maker, lots=-UNIT, **fields)
    lab.mark(lab.perp, 96 * TOKEN)
    lab.tick()
    assert lab.lots(m.NAMED_BACKSTOP, lab.perp) == 0


@pytest.mark.parametrize(("allowed", "taken"), [(96 * TOKEN, UNIT), (96 * TOKEN - 1, UNIT - 1), (0, 0)])
def test_a_day_has_a_notional(allowed: int, taken: int) -> None:
    lab = BackstopLab(backstop_day_max=allowed)
    assert lab.breach(10) == taken
    assert lab.counted() == taken * 96_000
    lab.tick()
    assert lab.lots(m.NAMED_BACKSTOP, lab.perp) == taken, "the day is used up"
    lab.tick(DAY)
    assert lab.counted() == 0
    lab.tick(60_000)
    needed = 1_667
    assert lab.lots(m.NAMED_BACKSTOP, lab.perp) == min(2 * taken, needed)


def test_assets_count_against_the_day_and_not_against_what_is_open() -> None:
    lab = BackstopLab(backstop_interest_max=0, backstop_day_max=50 * TOKEN)
    asset = lab.asset(100 * TOKEN, rate_initial=30 * PERCENT, rate_maintenance=25 * PERCENT)
    debtor = lab.open()
    lab.give(debtor, asset, 10 * UNIT)
    lab.leave_equity(debtor, 100 * TOKEN)
    lab.engine.pool.totals[0]["sweep_due"] = 1
    lab.tick()
    assert lab.lots(m.NAMED_BACKSTOP, asset) == UNIT // 2
    assert lab.counted() == 50 * TOKEN


def test_a_slice_keeps_to_both_limits() -> None:
    for policy, most in (({"backstop_day_max": 96 * TOKEN}, UNIT), ({"backstop_interest_max": 10 * PERCENT}, UNIT)):
        lab = BackstopLab(**policy)
        trader = lab.open(100 * TOKEN)
        lab.must(m.COMMAND_SET_MODE, account=trader, flags=m.MODE_PORTFOLIO)
        assert lab.fill(trader, lab.maker, lab.perp, 10 * UNIT, 100 * TOKEN) == codes.OK
        lab.leave_equity(trader, 80 * TOKEN)
        lab.mark(lab.perp, 96 * TOKEN)
        lab.tick()
        taken = lab.lots(m.NAMED_BACKSTOP, lab.perp)
        assert most - UNIT // 100 <= taken <= most, policy
        assert lab.counted() == taken * 96_000


def test_it_takes_nothing_while_it_rests() -> None:
    """Neither in time, nor assets of the insolvent, nor legs whose loss was paid: they go past it."""
    lab = BackstopLab(pauses=m.PAUSE_BACKSTOP)
    assert lab.breach(10) == 0
    asset = lab.asset(100 * TOKEN)
    debtor = lab.open()
    lab.give(debtor, asset, UNIT)
    lab.leave_equity(debtor, -TOKEN)
    lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=TOKEN)
    lab.engine.pool.totals[0]["sweep_due"] = 1
    lab.tick()
    assert lab.lots(m.NAMED_BACKSTOP, asset) == 0
    lab.mark(lab.perp, 80 * TOKEN)
    lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=1_000 * TOKEN)
    lab.tick()
    assert lab.lots(m.NAMED_BACKSTOP, lab.perp) == 0
    assert lab.total("shortfall") == 0
    lab.policy(pauses=0)
    lab.mark(lab.perp, 96 * TOKEN)
    assert lab.breach(10) > 0


def test_resolving_waits_while_it_rests() -> None:
    lab = BackstopLab(pauses=m.PAUSE_RESOLVE)
    lab.must(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=1_000 * TOKEN)
    trader = lab.lose(5 * TOKEN)
    assert (lab.stage(trader), lab.total("shortfall")) == (m.STAGE_LIQUIDATING, 5 * TOKEN)
    lab.policy(pauses=0)
    lab.tick()
    assert (lab.stage(trader), lab.total("shortfall"), lab.cash(trader)) == (m.STAGE_HEALTHY, 0, 0)
