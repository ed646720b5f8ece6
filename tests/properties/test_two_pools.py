"""Money on its way between two pools: late, repeated, to accounts that have gone, and never counted in both."""

import random
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from tests.properties.lab import TOKEN, Lab

from plimsoll.book.layout import COMMAND
from plimsoll.units import codes
from plimsoll.units import messages as m

SEEDS = range(12)
STEPS = 250
OWNERS = 5
STAKE = 1_000 * TOKEN


class Parcel(NamedTuple):
    """Money the chain holds between two pools: paid out of one, not yet told to the other."""

    to: int
    account: int
    owner: int
    amount: int


class Passage:
    """Two pools, the chain between them, and everything that was ever told to a pool from the chain."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pools = [Lab(), Lab()]
        self.pending: tuple[list[Parcel], list[Parcel]] = ([], [])
        self.chain: list[Parcel] = []
        self.told: list[tuple[int, np.ndarray]] = []
        self.seen: Counter[str] = Counter()
        for pool in self.pools:
            for owner in range(1, OWNERS + 1):
                pool.open(STAKE, owner)
            pool.open(100 * STAKE, OWNERS + 1)
            pool.list_instrument(100 * TOKEN)
        self.whole = self.everything()

    def everything(self) -> int:
        """What all pools keep and what is between them."""
        vaults = sum(int(pool.engine.pool.totals[0]["vault"]) for pool in self.pools)
        return vaults + sum(parcel.amount for parcel in self.chain)

    def any_account(self) -> int:
        return m.NAMED_COUNT + self.random.randrange(OWNERS)

    def leave(self, here: int) -> None:
        """An owner asks for money back, to bring it to the other pool."""
        pool, number = self.pools[here], self.any_account()
        headroom = (health := pool.health(number)).equity - health.initial
        amount = self.random.choice([max(1, headroom), headroom + 1, self.random.randrange(1, STAKE)])
        before = pool.health(number)
        code = pool.send(m.COMMAND_WITHDRAW, account=number, amount=amount)
        self.seen[codes.NAMES[code].lower()] += 1
        if code == codes.OK:
            assert pool.health(number).equity == before.equity - amount
            owner = int(pool.engine.pool.accounts[number]["owner"])
            self.pending[here].append(Parcel(1 - here, number, owner, amount))

    def pay(self, here: int) -> None:
        """The chain has paid one of those who asked, in any order."""
        if self.pending[here]:
            parcel = self.pending[here].pop(self.random.randrange(len(self.pending[here])))
            self.pools[here].must(m.COMMAND_PAY_WITHDRAWAL, amount=parcel.amount)
            self.chain.append(parcel)

    def arrive(self) -> None:
        """The chain tells the other pool of one parcel, in any order; the account may have gone by then."""
        if self.chain:
            parcel = self.chain.pop(self.random.randrange(len(self.chain)))
            pool = self.pools[parcel.to]
            is_open = int(pool.engine.pool.accounts[parcel.account]["status"]) == m.STATUS_OPEN
            into = parcel.account if is_open else m.NAMED_SUSPENSE
            before = pool.cash(into)
            self.told.append((parcel.to, self.deposit(pool, parcel)))
            assert pool.engine.apply(self.told[-1][1])[0] == codes.OK
            assert pool.cash(into) == before + parcel.amount
            self.seen["credited" if is_open else "suspended"] += 1

    @staticmethod
    def deposit(pool: Lab, parcel: Parcel) -> np.ndarray:
        pool.sent += 1
        row = np.zeros(1, COMMAND)
        fields = {"account": parcel.account, "counterparty": parcel.owner, "amount": parcel.amount}
        for name, value in {"kind": m.COMMAND_DEPOSIT, "id": pool.sent, "flags": m.FLAG_FROM_CHAIN, **fields}.items():
            row[name] = value
        return row

    def repeat(self) -> None:
        """The chain tells of a parcel a second time, under the id it had."""
        if self.told:
            place, command = self.random.choice(self.told)
            before = self.pools[place].engine.root()
            assert self.pools[place].engine.apply(command)[0] == codes.OK
            assert self.pools[place].engine.root() == before
            self.seen["repeated"] += 1

    def close(self, here: int) -> None:
        """An owner whose account is empty gives it up, with money perhaps on its way to it."""
        code = self.pools[here].send(m.COMMAND_CLOSE_ACCOUNT, account=self.any_account())
        self.seen["closed"] += code == codes.OK

    def trade(self, here: int) -> None:
        """Somebody trades on whatever margin is here."""
        lots = self.random.choice((-1, 1)) * self.random.randrange(1, 20_000)
        self.pools[here].fill(self.any_account(), m.NAMED_COUNT + OWNERS, 1, lots, 100 * TOKEN)

    def step(self) -> None:
        here = self.random.randrange(2)
        self.random.choice(
            [self.leave, self.pay, self.trade, self.close, lambda _: self.arrive(), lambda _: self.repeat()]
        )(here)

    def require_counted_once(self) -> None:
        """Nothing was made or lost, and each pool's owners have exactly what is in its vault and not pending."""
        assert self.everything() == self.whole
        for place, pool in enumerate(self.pools):
            assert pool.engine.identities() == []
            waiting = sum(parcel.amount for parcel in self.pending[place])
            assert pool.cash(m.NAMED_PENDING) == waiting
            equity = int(pool.engine.sweep()[0].sum())
            vault = int(pool.engine.pool.totals[0]["vault"])
            holdings = int(pool.engine.pool.accounts["count"].sum())
            assert vault - holdings <= equity <= vault


@pytest.mark.parametrize("seed", SEEDS)
def test_no_moment_counts_it_twice(seed):
    passage = Passage(seed)
    for _ in range(STEPS):
        passage.step()
        passage.require_counted_once()
    assert passage.seen["credited"] > 5
    assert passage.seen["repeated"] > 5
    assert passage.seen["margin_initial_must_be_covered"] > 0


def test_what_arrives_for_an_account_that_has_gone_waits_in_suspense():
    suspended = 0
    for seed in SEEDS:
        passage = Passage(seed)
        for _ in range(STEPS):
            passage.step()
        suspended += passage.seen["suspended"]
        assert [pool.cash(m.NAMED_SUSPENSE) > 0 for pool in passage.pools].count(True) <= passage.seen["suspended"]
    assert suspended > 5


def test_a_loss_that_stops_withdrawals_here_lets_them_go_on_there():
    """One pool is wrecked while another runs beside it, which ends with the root of its undisturbed twin."""
    for seed in SEEDS:
        wrecked, beside, alone = Passage(seed).pools[0], Passage(seed).pools[1], Passage(seed).pools[1]
        chance = random.Random(seed)
        maker = m.NAMED_COUNT + OWNERS
        assert wrecked.fill(m.NAMED_COUNT, maker, 1, 99_000, 100 * TOKEN) == codes.OK
        wrecked.list_instrument(TOKEN, age_margin_max=1, age_fill_max=1)
        assert wrecked.fill(m.NAMED_COUNT, maker, 2, 1, TOKEN) == codes.OK
        wrecked.tick(10)
        wrecked.mark(1, 80 * TOKEN)
        wrecked.tick()
        assert int(wrecked.engine.pool.totals[0]["shortfall"]) > 0
        assert wrecked.send(m.COMMAND_WITHDRAW, account=maker, amount=1) == codes.WITHDRAWALS_MUST_NOT_BE_GATED
        for _ in range(20):
            number, amount = m.NAMED_COUNT + chance.randrange(OWNERS), chance.randrange(1, STAKE // 20)
            answers = {pool.send(m.COMMAND_WITHDRAW, account=number, amount=amount) for pool in (beside, alone)}
            assert answers == {codes.OK}
            wrecked.mark(1, 80 * TOKEN + amount)
            for pool in (wrecked, beside, alone):
                pool.tick()
        assert beside.engine.root() == alone.engine.root()
        assert int(beside.engine.pool.totals[0]["shortfall"]) == 0
