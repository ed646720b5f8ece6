"""Streams for pools with pots: stakes and ways out, swaps, donations, ruin that the tranches pay for, other days."""

from collections.abc import Callable
from random import Random

from plimsoll.book.parameters import POT_BOUNDS
from plimsoll.units import messages as m
from plimsoll.units.limits import DAY, MICROS_MAX, PPB

from .build import HOUR, PERCENT, TOKEN
from .cases import TERMS_FIELDS, Pot, Stake
from .margin import figures
from .model import ReferencePool
from .streams import (
    COIN,
    LARGE_ASSET,
    LARGE_PERP,
    LEVERED_PERP,
    MINUTE,
    PERP,
    SHORT_FUTURE,
    SKEWED_FUTURE,
    SMALL_ASSET,
    SMALL_PERP,
    STABLE,
    Parameters,
    Step,
    Stream,
    World,
)

DEEP_ASSET = {**LARGE_ASSET, "scale": 6, "lots_max": 2 * 10**7, "open_lots_max": 10**9, "mark_max": 10**14}

POT_WORLDS = {
    "mixed": World(
        (
            (COIN, 2_000 * TOKEN),
            (PERP, 100 * TOKEN),
            (STABLE, TOKEN),
            (LEVERED_PERP, 30 * TOKEN),
            (SKEWED_FUTURE, 50 * TOKEN),
            (SHORT_FUTURE, 80 * TOKEN),
        )
    ),
    "large": World(((DEEP_ASSET, 10**13), (LARGE_PERP, 10**11), (LARGE_ASSET, 10**14)), money=10**12),
    "small": World(((SMALL_ASSET, 7), (SMALL_PERP, 40), ({**SMALL_PERP, "confidence_max": PPB}, 3)), money=10),
    "levered": World(((STABLE, TOKEN), (LEVERED_PERP, 30 * TOKEN), ({**LEVERED_PERP, "tier": 2}, 90 * TOKEN))),
}
"""Instrument 1 is the asset of the first AMM."""

TRESPASSES = (
    m.COMMAND_CLOSE_ACCOUNT,
    m.COMMAND_SET_LIMITS,
    m.COMMAND_SET_MODE,
    m.COMMAND_DEPOSIT,
    m.COMMAND_WITHDRAW,
    m.COMMAND_TRANSFER,
    m.COMMAND_REALISE,
    m.COMMAND_FILL,
    m.COMMAND_RESERVE,
    m.COMMAND_RELEASE,
    m.COMMAND_BID,
    m.COMMAND_STAKE,
    m.COMMAND_UNSTAKE,
    m.COMMAND_SWAP,
)

BACKSTOP, FIRST_LOSS, SENIOR, AMM, DRY_AMM = 1, 2, 3, 4, 5


def pot_policy(policy: Parameters, random: Random) -> Parameters:
    """A policy under which the fund is soon empty and the AMM has something to do, mostly."""
    asked = {"fund_share": (0, 50 * PERCENT), "swap_slippage": (2 * PERCENT, 20 * PERCENT, 95 * PERCENT)}
    if random.random() < 0.3:
        return policy
    return {**policy, **{name: random.choice(values) for name, values in asked.items()}}


class PotStream(Stream):
    """A stream with one or two tranches, a backstop people have a stake in, and AMMs, shortly before a day ends."""

    start = 3 * DAY - HOUR

    def __init__(self, seed: int, pool: ReferencePool, world: World):
        super().__init__(seed, pool, world)
        draws: dict[Callable[[], Step], int] = {
            self.draw_stake: 12,
            self.draw_unstake: 8,
            self.draw_swap: 10,
            self.draw_donation: 2,
            self.draw_ruin: 6,
            self.draw_day: 1,
            self.draw_pot: 3,
            self.draw_trespass: 2,
        }
        self.draws += list(draws)
        self.weights += list(draws.values())

    # What a run begins with.

    def mode_of(self, account: int) -> int:
        return m.MODE_PORTFOLIO if account % 5 == 0 else m.MODE_STANDARD

    def opening(self) -> list[Step]:
        """Pots with accounts of their own, and a first stake in each but the last."""
        steps = super().opening()
        first = m.NAMED_COUNT + 12
        kinds = [(m.POT_TRANCHE, 0), (m.POT_TRANCHE, 0), (m.POT_AMM, 1), (m.POT_AMM, 1)]
        more = [self.set_pot(BACKSTOP, self.terms(m.POT_BACKSTOP, m.NAMED_BACKSTOP, 0))]
        for place, (kind, asset) in enumerate(kinds):
            opened = {"account": first + place, "counterparty": 100, "flags": m.MODE_STANDARD}
            more.append(self.command(m.COMMAND_OPEN_ACCOUNT, **opened))
            more.append(self.set_pot(FIRST_LOSS + place, self.terms(kind, first + place, asset)))
        more += self.first_stakes()
        self.sent += more
        return steps + more

    def first_stakes(self) -> list[Step]:
        """Money for stakers, and the asset for the AMM at the price of its mark."""
        steps = []
        stakers = [number for number in range(m.NAMED_COUNT, m.NAMED_COUNT + 5) if number % 6 != 5]
        price, unit = self.world.listings[0][1], 10 ** self.world.listings[0][0]["scale"]
        for number, account in zip((BACKSTOP, FIRST_LOSS, SENIOR, AMM), stakers):
            amount = self.money(10, 60)
            lots = amount * unit // price if number == AMM else 0
            if number == AMM and lots < 1:
                lots, amount = 1, price // unit + 1
            steps.append(self.command(m.COMMAND_DEPOSIT, account=account, amount=amount))
            if number == AMM:
                given = {"account": account, "counterparty": 101 + account % 7, "flags": m.FLAG_FROM_CHAIN}
                steps.append(self.command(m.COMMAND_DEPOSIT, instrument=1, lots=2 * lots, **given))
            fields = {"account": account, "instrument": number, "amount": amount, "lots": lots}
            if self.pool.policy["pauses"] & m.PAUSE_STAKE == 0:
                steps.append(self.command(m.COMMAND_STAKE, **fields))
        return steps

    def terms(self, kind: int, account: int, asset: int) -> Parameters:
        choose = self.random.choice
        return {
            "kind": kind,
            "account": account,
            "rank": choose((0, 1, 2)),
            "instrument": asset,
            "fee": choose((0, PERCENT // 3, PERCENT)) if kind == m.POT_AMM else 0,
            "unbonding": choose((0, MINUTE, 10 * MINUTE)),
            "capacity": choose((MICROS_MAX, MICROS_MAX, 2_000 * self.world.money)),
            "weight": choose((0, 1, 3)),
        }

    def set_pot(self, number: int, terms: Parameters) -> Step:
        return self.command(m.COMMAND_SET_POT, instrument=number)[0], tuple(terms[name] for name in TERMS_FIELDS)

    # Pots.

    def pot(self) -> tuple[int, Pot | None]:
        number = self.random.choice(list(self.pool.pots))
        if self.random.random() < 0.03:
            number = self.random.choice((-1, 0, number + 1, 32, 33))
        return number, self.pool.pots.get(number)

    def draw_pot(self) -> Step:
        """The terms of a pot moved, another one, or one that cannot be."""
        number, pot = self.pot()
        if pot is not None and self.random.random() < 0.6:
            terms = self.terms(pot.kind, pot.account, pot.instrument)
        else:
            kind, number = self.random.choice((m.POT_BACKSTOP, m.POT_TRANCHE, m.POT_AMM)), len(self.pool.pots) + 1
            asset = self.random.choice((0, 1, 1, 1, self.instrument())) if kind == m.POT_AMM else 0
            account = (
                m.NAMED_BACKSTOP if kind == m.POT_BACKSTOP else self.random.choice([*self.empty(), self.account()])
            )
            terms = self.terms(kind, account, asset)
        if self.random.random() < 0.3:
            name = self.random.choice(TERMS_FIELDS)
            low, high = POT_BOUNDS[name]
            terms[name] = self.random.choice((low - 1, low, high, high + 1, self.spoilt(terms[name])))
        if self.random.random() < 0.1:
            number = self.random.choice((0, -1, 33, number, number))
        step, payload = self.set_pot(number, terms)
        return step, payload[:-1] if self.random.random() < 0.05 else payload

    def empty(self) -> list[int]:
        """Accounts that could become those of a pot."""
        return [
            n
            for n, row in enumerate(self.pool.accounts)
            if self.pool.exists(n) and not self.pool.is_private(n) and row.cash == 0 and not row.holdings
        ]

    def draw_stake(self) -> Step:
        number, pot = self.pot()
        return self.stake(number, pot, self.account())

    def stake(self, number: int, pot: Pot | None, account: int) -> Step:
        owner = self.pool.accounts[account] if self.pool.exists(account) else self.pool.fund
        free = max(1, min(owner.cash, self.free_equity(owner)))
        amount = self.random.choice((1, 7, free, free // 3 + 1, free // 10 + 1, free // 10 + 1, 2 * free))
        fields = {"account": account, "instrument": number, "amount": amount}
        if pot is not None and pot.kind == m.POT_AMM:
            there, row = self.pool.accounts[pot.account], self.pool.instruments[pot.instrument]
            at_mark = amount * row.unit // max(1, row.mark)
            fair = amount * there.row(pot.instrument).lots // there.cash if there.cash > 0 else at_mark
            fair = min(fair, MICROS_MAX)
            fields["lots"] = fair * self.random.choice((90, 100, 100, 110)) // 100 + self.random.randrange(2)
            if owner.row(pot.instrument).lots < fields["lots"] and self.random.random() < 0.8:
                given = {"account": account, "counterparty": self.owner(account), "instrument": pot.instrument}
                self.waiting.append(self.command(m.COMMAND_STAKE, **fields))
                return self.command(m.COMMAND_DEPOSIT, lots=max(1, fields["lots"]), **given)
        if pot is not None and self.random.random() < 0.2:
            fields["price"] = amount * self.random.choice((1, 900, 1_000, 1_100, 10_000))
        most = {name: min(number, MICROS_MAX) for name, number in fields.items()}
        return self.command(m.COMMAND_STAKE, **most)

    def stakes(self) -> list[Stake]:
        return [stake for account in self.pool.accounts for stake in account.case.stakes]

    def draw_unstake(self) -> Step:
        found = self.stakes()
        if not found or self.random.random() < 0.05:
            number, _ = self.pot()
            return self.command(m.COMMAND_UNSTAKE, account=self.account(), instrument=number, amount=1_000)
        stake = self.random.choice(found)
        shares = stake.shares
        amount = self.random.choice((shares, shares, shares // 2, shares // 10 + 1, 1, shares + 1))
        if stake.unbonding > 0 and self.random.random() < 0.6:
            return self.draw_stake()
        return self.command(m.COMMAND_UNSTAKE, account=stake.account, instrument=stake.pot, amount=amount)

    def draw_swap(self) -> Step:
        amms = [number for number, pot in self.pool.pots.items() if pot.kind == m.POT_AMM]
        liquid = [n for n in amms if self.pool.accounts[self.pool.pots[n].account].holdings]
        number = self.random.choice(liquid or amms) if self.random.random() < 0.9 else self.pot()[0]
        pot = self.pool.pots.get(number)
        if pot is None or self.random.random() < 0.02:
            return self.command(m.COMMAND_SWAP, account=self.account(), instrument=number, lots=1)
        there, cash = self.pool.accounts[pot.account].row(pot.instrument).lots, self.pool.accounts[pot.account].cash
        sellers = [n for n, a in enumerate(self.pool.accounts) if n > 7 and a.row(pot.instrument).lots > 0]
        sellers = [n for n in sellers if not self.pool.is_private(n)]
        per_mille = self.random.choice((1, 10, 50, 200, 500, 1_000))
        lots, account = max(1, there * per_mille // 1_000), self.account()
        if sellers and self.random.random() < 0.6:
            account = self.random.choice(sellers)
            held = self.pool.accounts[account].row(pot.instrument).lots
            lots = -min(lots, held + (self.random.random() < 0.03))
        fields = {"account": account, "instrument": number, "lots": lots}
        if self.random.random() < 0.3 and there > 0:
            fields["amount"] = cash * abs(lots) // there * self.random.choice((50, 90, 110, 200)) // 100
        return self.command(m.COMMAND_SWAP, **fields)

    def draw_donation(self) -> Step:
        """Money that no share is minted for: to the account of a pot, or from the fees."""
        _, pot = self.pot()
        account = pot.account if pot is not None else self.account()
        if self.random.random() < 0.5:
            fields = {"account": account, "counterparty": self.owner(account)}
            return self.command(
                m.COMMAND_DEPOSIT, **fields, **self.quantity(self.random.choice((0, 0, 0, self.asset())))
            )
        fees = {"account": m.NAMED_FEES, "counterparty": account, "flags": m.FLAG_OPERATOR}
        return self.command(m.COMMAND_TRANSFER, **fees, **self.quantity(0, self.owned(m.NAMED_FEES, 0)))

    def draw_trespass(self) -> Step:
        """A command of anybody on the account of a pot, as if it were an owner's."""
        private = [n for n, row in enumerate(self.pool.accounts) if row.mode == m.MODE_POT]
        kind = self.random.choice(TRESPASSES)
        pot = {"account": self.random.choice(private), "counterparty": self.account()}
        if self.random.random() < 0.4:
            pot = {"account": pot["counterparty"], "counterparty": pot["account"]}
        fields = {"instrument": self.random.choice((0, 1, 2)), "lots": 1, "amount": 1, "price": 1}
        return self.command(kind, **pot, **fields, flags=self.random.choice((0, m.MODE_STANDARD, m.FLAG_OPERATOR)))

    def draw_bid(self) -> Step:
        """For a solvent portfolio account a part of everything."""
        command, payload = super().draw_bid()
        account = self.pool.accounts[command["account"]] if self.pool.exists(command["account"]) else self.pool.fund
        if command["kind"] == m.COMMAND_BID and account.mode == m.MODE_PORTFOLIO and self.random.random() < 0.8:
            part = self.random.choice((123_456_789, PPB // 4, PPB, PPB))
            command = {**command, "instrument": 0, "lots": part, "price": 0}
        return command, payload

    # What pots are for.

    def draw_ruin(self) -> Step:
        """A mark that leaves somebody with less than nothing, then a tick; who insures may look in before it."""
        legs = [(n, i) for n, a in enumerate(self.pool.accounts) for i in a.legs() if self.is_open(i)]
        legs = [(n, i) for n, i in legs if not self.is_asset(i) and (n == m.NAMED_BACKSTOP or n >= m.NAMED_COUNT)]
        if not legs:
            return self.draw_fill()
        of_backstop = [(n, i) for n, i in legs if n == m.NAMED_BACKSTOP]
        account, instrument = self.random.choice(of_backstop if of_backstop and self.random.random() < 0.2 else legs)
        row, now = self.pool.instruments[instrument], figures(self.pool, self.pool.accounts[account])
        lots = self.pool.accounts[account].holdings[instrument].lots
        aim = -now.mm * self.random.randrange(1, 40) // 10
        price = max(1, min(row.mark + (aim - now.equity) * row.unit // lots, row.mark_max))
        self.waiting.append(self.command(m.COMMAND_TICK, time=self.pool.time + self.random.choice((0, 1, 1_000))))
        if account == m.NAMED_BACKSTOP or self.random.random() < 0.2:
            number = BACKSTOP if account == m.NAMED_BACKSTOP else self.random.choice(list(self.pool.pots))
            self.waiting.append(self.stake(number, self.pool.pots.get(number), self.account()))
        fields = {"price": price, "time": self.pool.time, "sources": 3}
        return self.command(m.COMMAND_MARK, instrument=instrument, **fields)

    def draw_day(self) -> Step:
        """Into the next day, with every mark confirmed before anything else happens."""
        time = (self.pool.time // DAY + 1) * DAY + self.random.randrange(1_000)
        for instrument, row in enumerate(self.pool.instruments):
            if instrument > 0 and row.status in (m.STATUS_OPEN, m.STATUS_REDUCE_ONLY) and row.mark > 0:
                fields = {"price": row.mark, "time": time, "sources": 3}
                self.waiting.append(self.command(m.COMMAND_MARK, instrument=instrument, **fields))
        self.waiting.insert(0, self.command(m.COMMAND_TICK, time=time + MINUTE))
        return self.command(m.COMMAND_TICK, time=time)
