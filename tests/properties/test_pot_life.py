"""Pots through everything at once: stakes, swaps, losses, write-downs, pauses. Books and events agree all the way."""

from collections import Counter
from random import Random

from tests.pot_lab import DAY, HOUR, PERCENT, PPB, TOKEN, UNIT, PotLab

from plimsoll.units import codes
from plimsoll.units import messages as m

COMMANDS = 400
OWNERS = 4
TRANCHES, BACKSTOP, AMM = (1, 2), 3, 4


class Life(PotLab):
    """Owners with a perp and a collateral asset, two tranches, a pot of the backstop, an AMM."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.kinds: Counter[int] = Counter()
        super().__init__(
            swap_slippage=self.random.choice((0, 5 * PERCENT, 50 * PERCENT)),
            backstop_ratio=self.random.choice((0, PPB)),
            backstop_after=self.random.choice((0, HOUR)),
            backstop_interest_max=self.random.choice((PPB, 10 * PERCENT)),
            backstop_day_max=self.random.choice((10**17, 500 * TOKEN)),
            premium_trading=PPB // 3,
            premium_liquidation=PPB // 3,
            quota_day=self.random.choice((10**17, 50 * TOKEN)),
            settlements_per_tick=self.random.choice((1, 100)),
            call_buffer=0,
        )
        self.perp = self.list_instrument(100 * TOKEN, fee_taker=PPB // 1_000, fee_liquidation=PERCENT, tier=1)
        self.eth = self.asset(100 * TOKEN, rate_initial=20 * PERCENT, rate_maintenance=10 * PERCENT)
        self.owners = [self.open(2_000 * TOKEN) for _ in range(OWNERS)]
        for owner in self.owners:
            self.give(owner, self.eth, 20 * UNIT)
        for number in TRANCHES:
            self.tranche(number, rank=self.random.randrange(3), unbonding=self.random.choice((0, HOUR)))
        self.backstop_pot(BACKSTOP, unbonding=HOUR)
        self.amm(AMM, self.eth, fee=PERCENT // 10, unbonding=self.random.choice((0, HOUR)))
        assert self.stake(self.owners[0], AMM, 1_000 * TOKEN, lots=10 * UNIT) == codes.OK
        self.answers: Counter[int] = Counter()

    def send(self, kind: int, payload: tuple[int, ...] = (), **fields: int) -> int:
        code = super().send(kind, payload, **fields)
        self.kinds.update(event.kind for event in self.said)
        return code

    def live(self) -> None:
        acts = (self.put_in, self.take_out, self.trade, self.move, self.wait, self.wait, self.rare)
        for _ in range(COMMANDS):
            act = self.random.choice(acts)
            self.answers[act()] += 1

    def quantity(self, usual: int) -> int:
        return self.random.choice((1, usual // 1_000 + 1, usual, 10 * usual, self.random.randrange(1, 2 * usual)))

    def put_in(self) -> int:
        pot = self.random.choice((*TRANCHES, BACKSTOP, AMM))
        return self.stake(self.random.choice(self.owners), pot, self.quantity(100 * TOKEN), lots=self.quantity(UNIT))

    def take_out(self) -> int:
        owner, pot = self.random.choice(self.owners), self.random.choice((*TRANCHES, BACKSTOP, AMM))
        shares = self.shares(owner, pot)
        return self.unstake(owner, pot, self.random.choice((shares, shares // 2 + 1, 1)))

    def trade(self) -> int:
        if self.random.random() < 0.4:
            lots = self.quantity(UNIT) * self.random.choice((-1, 1))
            return self.swap(self.random.choice(self.owners), AMM, lots)
        taker, maker = self.random.sample(self.owners, 2)
        lots = self.quantity(40 * UNIT) * self.random.choice((-1, 1))
        return self.fill(taker, maker, self.perp, lots, int(self.engine.pool.instruments[self.perp]["mark"]))

    def move(self) -> int:
        number = self.random.choice((self.perp, self.eth))
        mark = int(self.engine.pool.instruments[number]["mark"])
        self.mark(number, max(TOKEN, min(10**10, mark * self.random.randrange(80, 126) // 100)))
        return codes.OK

    def wait(self) -> int:
        self.tick(self.random.choice((1, 60_000, 60_000, 250_000, HOUR, DAY)))
        return codes.OK

    def rare(self) -> int:
        kind = self.random.randrange(5)
        if kind == 0:
            self.policy(pauses=self.random.choice((0, 0, self.random.randrange(256))))
            return codes.OK
        if kind == 1:
            account = self.random.choice((m.NAMED_FUND, m.NAMED_BACKSTOP, *self.owners))
            return self.send(m.COMMAND_DEPOSIT, account=account, amount=self.quantity(20 * TOKEN))
        if kind == 2:
            return self.send(m.COMMAND_WRITE_DOWN, amount=self.quantity(10 * TOKEN))
        if kind == 3:
            return self.send(m.COMMAND_WRITE_DOWN, instrument=self.eth, lots=self.quantity(UNIT))
        next_leg = [self.next_leg(owner) for owner in self.owners]
        bidder = self.random.randrange(OWNERS)
        account = (bidder + 1) % OWNERS
        return self.bid(self.owners[bidder], self.owners[account], max(next_leg[account], 1), self.quantity(UNIT))


def test_books_and_events_agree_whatever_is_done() -> None:
    """Twelve lives, which between them must meet everything a pot can go through."""
    kinds: Counter[int] = Counter()
    mechanisms: Counter[int] = Counter()
    for seed in range(12):
        life = Life(seed)
        life.live()
        accepted = life.answers[codes.OK]
        print(f"seed {seed}: {accepted} of {COMMANDS} accepted, {len(life.answers)} different answers")
        assert accepted > COMMANDS // 4
        kinds.update(life.kinds)
        mechanisms.update(life.engine.ledger()["mechanism"].tolist())
    paid = {m.MECHANISM_FUND, m.MECHANISM_TRANCHE, m.MECHANISM_AMM, m.MECHANISM_BACKSTOP, m.MECHANISM_ADL}
    said = {m.EVENT_STAKED, m.EVENT_UNSTAKED, m.EVENT_SWAPPED, m.EVENT_PREMIUM_PAID, m.EVENT_POT_WIPED}
    assert paid <= set(mechanisms)
    assert said <= set(kinds)
