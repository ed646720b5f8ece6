"""Streams for accounts in trouble: called and topped up, sliced, sealed bids, collateral auctions, bidders endorsed."""

from collections.abc import Callable
from random import Random

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .auction import is_over, price_now
from .batch import commits_until, reveals_until, sealed
from .bidding import state_number
from .build import HOUR, PERCENT, TOKEN
from .chain_streams import ChainStream
from .chains import (
    GROUPED,
    INDEX,
    MEMBER_COIN,
    MEMBER_PERP,
    PLAIN_ROWS,
    SHOCKS,
    SKEW_ROWS,
    UNGROUPED,
    ChainWorld,
    ClassPlan,
    chain,
)
from .margin import figures
from .model import ReferencePool
from .state import POLICY_FIELDS, Account
from .streams import COIN, LEVERED_PERP, MINUTE, PERP, STABLE, Parameters, Step, policy_of
from .waterfall import legs_in_order

SLICES, INSOLVENT, COLLATERAL = 1, 2, 3
"""Curves: of the discount of slices, of what is added for the insolvent, of the price of collateral."""

AUCTION_WORLDS = {
    "portfolio": ChainWorld(
        (
            (INDEX, 100 * TOKEN),
            ({**MEMBER_PERP, "risk_class": 1, "tier": 1}, 100 * TOKEN),
            ({**MEMBER_COIN, "risk_class": 1}, 100 * TOKEN),
            *chain(1, {1: 6 * HOUR}, (95, 105)),
            (STABLE, TOKEN),
            (LEVERED_PERP, 30 * TOKEN),
        ),
        classes=(ClassPlan(1, {**GROUPED, "underlying": 1, "age_max": 6 * HOUR}, SKEW_ROWS, SHOCKS),),
    ),
    "collateral": ChainWorld(
        (
            ({**COIN, "rate_maintenance": 15 * PERCENT, "fee_liquidation": 4 * PERCENT}, 2_000 * TOKEN),
            (PERP, 100 * TOKEN),
            (STABLE, TOKEN),
            (LEVERED_PERP, 30 * TOKEN),
            ({**MEMBER_PERP, "risk_class": 1}, 2_000 * TOKEN),
        ),
        classes=(ClassPlan(1, {**UNGROUPED, "scale": 2, "underlying": 1, "age_max": 6 * HOUR}, PLAIN_ROWS, SHOCKS),),
    ),
}

ASKED = {
    "call_buffer": (25 * PERCENT, PPB),
    "exit_buffer": (5 * PERCENT, 50 * PERCENT, 50 * PERCENT),
    "backstop_after": (MINUTE // 2, HOUR, HOUR),
    "backstop_ratio": (0, 0, 30 * PERCENT),
    "gap_max": (HOUR,),
    "grace": (0, 0, MINUTE),
    "accounts_per_tick": (10, 2_000_000, 2_000_000),
    "steps_per_tick": (3, 20_000, 20_000),
    "recall_after": (0, 10 * MINUTE),
    "cool_off": (0, 0, MINUTE // 2, 2 * MINUTE),
    "endorsed_first": (0, 0, 0, MINUTE // 2, 5 * MINUTE),
    "curve_slice": (0, SLICES, SLICES),
    "slice_whole": (0, 0, 0, 20 * TOKEN),
    "insolvent_after": (0, 5 * MINUTE, 20 * MINUTE, 20 * MINUTE),
    "curve_insolvent": (0, INSOLVENT, INSOLVENT),
    "batch_commit": (0, MINUTE, 2 * MINUTE, 2 * MINUTE),
    "batch_reveal": (0, MINUTE, MINUTE, 2 * MINUTE),
    "batch_bond": (0, TOKEN, 10 * TOKEN),
    "batch_bids_min": (1, 1, 2),
    "batch_discount_max": (10 * PERCENT, PPB, PPB),
    "curve_collateral": (0, COLLATERAL, COLLATERAL, COLLATERAL),
    "collateral_buffer": (0, 10 * PERCENT),
    "collateral_tail": (10 * MINUTE, HOUR),
    "collateral_cusp": (0, 40 * PERCENT, 80 * PERCENT),
    "keeper_flat": (0, TOKEN // 10, TOKEN),
    "keeper_rate": (0, PERCENT // 2),
    "breaker": (*(0 for _ in range(12)), 1, 2, 3),
    "pauses": (*(0 for _ in range(32)), *(1 << bit for bit in range(8))),
}


def auction_policy(random: Random) -> Parameters:
    """A policy under which there is time to bid, mostly."""
    return {**policy_of(random), **{name: random.choice(values) for name, values in ASKED.items()}}


class AuctionStream(ChainStream):
    """A stream in which the waterfall is seldom left to itself."""

    def __init__(self, seed: int, pool: ReferencePool, world: ChainWorld):
        super().__init__(seed, pool, world)
        self.secrets: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        draws: dict[Callable[[], Step], int] = {
            self.draw_bid: 16,
            self.draw_commit: 8,
            self.draw_reveal: 8,
            self.draw_auction: 8,
            self.draw_top_up: 5,
            self.draw_endorse: 4,
            self.draw_wait: 8,
            self.draw_rest: 3,
            self.draw_curve: 2,
            self.draw_batch: 12,
            self.draw_trouble: 14,
        }
        self.draws += list(draws)
        self.weights += list(draws.values())

    # What a run begins with.

    def opening(self) -> list[Step]:
        """Curves, more in the fund than elsewhere, and assets to be margined with."""
        steps = super().opening()
        more = [self.set_curve(number) for number in (SLICES, INSOLVENT, COLLATERAL)]
        more.append(self.command(m.COMMAND_DEPOSIT, account=m.NAMED_FUND, amount=self.money(500, 3_000)))
        assets = [place for place, (row, _) in enumerate(self.world.listings, start=1) if row["kind"] == m.KIND_ASSET]
        for account in range(m.NAMED_COUNT, m.NAMED_COUNT + 12):
            asset = self.random.choice(assets)
            if account % 6 != 5 and (account % 2 == 1 or self.random.random() < 0.3):
                row, price = self.world.listings[asset - 1]
                lots = min(self.money(500, 4_000) * 10 ** row["scale"] // price, row["lots_max"])
                given = {"account": account, "counterparty": 101 + account % 7, "instrument": asset, "lots": lots}
                more.append(self.command(m.COMMAND_DEPOSIT, **given))
        self.sent += more
        return steps + more

    def policy(self) -> Parameters:
        return auction_policy(self.random)

    def set_curve(self, number: int) -> Step:
        """What is offered rises, the price of collateral falls; in steps or joined."""
        times = [0, *sorted(self.random.sample(range(1, 60), 3))]
        low, high = {SLICES: (0, 40 * PERCENT), INSOLVENT: (0, 20 * PERCENT)}.get(number, (30 * PERCENT, 105 * PERCENT))
        values = sorted(self.random.randrange(low, high) for _ in times)
        if number == COLLATERAL:
            values = [PPB, *values[-2::-1]]
        points = [word for point in zip((time * MINUTE // 4 for time in times), values) for word in point]
        step = self.command(m.COMMAND_SET_CURVE, instrument=number)
        return step[0], (self.random.randrange(2), *points)

    # Who is in trouble.

    def numbers(self, wanted: Callable[[Account], bool]) -> list[int]:
        return [number for number, row in enumerate(self.pool.accounts) if number > 7 and wanted(row)]

    def liquidating(self) -> list[int]:
        return self.numbers(lambda row: row.stage == m.STAGE_LIQUIDATING)

    def in_batch(self) -> list[int]:
        return self.numbers(lambda row: row.case.batch == m.BATCH_OPEN)

    def bidder(self, account: int) -> int:
        """Mostly one who may bid now."""
        if self.random.random() < 0.85:
            owner = self.pool.accounts[account] if 0 <= account < len(self.pool.accounts) else self.pool.fund
            early = self.pool.time < owner.stage_since + self.pool.policy["endorsed_first"]
            found = self.numbers(
                lambda row: (
                    row.owner not in (0, owner.owner)
                    and row.isolated == 0
                    and row.stage in (m.STAGE_HEALTHY, m.STAGE_CALLED)
                    and (row.case.endorsed == 1 or not early)
                    and self.free_equity(row) > 0
                )
            )
            if found:
                return self.random.choice(found)
        return self.richest(account) if self.random.random() < 0.3 else self.other_account(account, 0)

    # Trouble.

    def draw_trouble(self) -> Step:
        """A price at which somebody who may be sliced, or has assets to sell, is called, liquidated or insolvent."""
        found = [
            (number, instrument)
            for number, row in enumerate(self.pool.accounts)
            if number > 7 and (row.mode == m.MODE_PORTFOLIO or any(self.is_asset(i) for i in row.legs()))
            for instrument in row.legs()
            if self.is_open(instrument) and not self.pool.instruments[instrument].is_option
        ]
        found = [(n, i) for n, i in found if self.pool.accounts[n].stage != m.STAGE_LIQUIDATING] or found
        if not found:
            return self.draw_fill()
        account, instrument = self.random.choice(found)
        row, owner = self.pool.instruments[instrument], self.pool.accounts[account]
        now, lots = figures(self.pool, owner), owner.holdings[instrument].lots
        aims = (
            now.call * 98 // 100,
            now.mm * 9 // 10,
            now.mm * 9 // 10,
            now.mm // 2,
            now.mm // 5,
            -now.mm // 10,
            -now.mm // 4,
        )
        price = row.mark + (self.random.choice(aims) - now.equity) * row.unit // lots
        first = self.world.listings[instrument - 1][1] if instrument <= len(self.world.listings) else row.mark
        if not first // 20 <= price <= min(20 * first, row.mark_max):
            return self.mark_at(instrument, self.random.randrange(900, 1101))
        pause = self.random.choice((0, 1, 1_000))
        self.waiting.append(self.command(m.COMMAND_TICK, time=self.pool.time + pause))
        self.bids = self.random.choice((0, 0, 1, 2, 3))
        fields = {"price": price, "time": self.pool.time, "sources": 3}
        return self.command(m.COMMAND_MARK, instrument=instrument, **fields)

    # Sealed bids.

    def secret(self) -> tuple[int, int, int, int]:
        """Part, discount and two words of salt."""
        part = self.random.choice((PPB, PPB // 2, PPB // 5, PPB // 50, self.random.randrange(1, PPB)))
        discount = self.random.choice((0, 5 * PERCENT, 5 * PERCENT, self.random.randrange(PPB // 4), PPB // 2))
        if self.random.random() < 0.05:
            part, discount = self.random.choice(((0, discount), (PPB + 1, discount), (part, -1), (part, PPB + 1)))
        return part, discount, self.random.randrange(-(2**63), 2**63), self.random.randrange(-(2**63), 2**63)

    def draw_commit(self) -> Step:
        found = self.in_batch()
        if self.random.random() < 0.7:
            found = [n for n in found if self.pool.time < commits_until(self.pool, self.pool.accounts[n])]
        if not found and self.random.random() < 0.9:
            return self.draw_trouble()
        account = self.random.choice(found or self.liquidating() or [self.account()])
        return self.commitment(account, self.bidder(account))

    def commitment(self, account: int, bidder: int) -> Step:
        secret = self.secret()
        if (account, bidder) not in self.secrets or self.random.random() < 0.5:
            self.secrets[account, bidder] = secret
        words = sealed((account, bidder, *self.secrets[account, bidder]))
        fields = dict(zip(("lots", "price", "amount", "premium"), words))
        return self.command(m.COMMAND_COMMIT, account=account, counterparty=bidder, **fields)

    def draw_reveal(self) -> Step:
        seals = [(n, seal) for n in self.in_batch() for seal in self.pool.accounts[n].case.seals]
        if not seals and self.random.random() < 0.95:
            return self.draw_batch()
        account, bidder = self.account(), self.account()
        if seals:
            account, seal = self.random.choice([found for found in seals if not found[1].revealed] or seals)
            bidder = seal.bidder if self.random.random() < 0.95 else bidder
            begins = commits_until(self.pool, self.pool.accounts[account])
            if self.pool.time < begins and self.random.random() < 0.4:
                return self.command(m.COMMAND_TICK, time=begins)
        return self.opened(account, bidder)

    def opened(self, account: int, bidder: int) -> Step:
        part, discount, *salt = self.secrets.get((account, bidder), self.secret())
        if self.random.random() < 0.03:
            salt[0] ^= 1
        if self.random.random() < 0.05:
            discount = self.random.choice((-1, PPB + 1))
        fields = {"lots": part, "price": discount, "amount": salt[0], "premium": salt[1]}
        return self.command(m.COMMAND_REVEAL, account=account, counterparty=bidder, **fields)

    def draw_batch(self) -> Step:
        """A batch from the first seal to its end, a few of them left sealed."""
        found = [n for n in self.in_batch() if self.pool.time < commits_until(self.pool, self.pool.accounts[n])]
        if not found:
            return self.draw_trouble()
        account = self.random.choice(found)
        owner = self.pool.accounts[account]
        bidders = list(dict.fromkeys(self.bidder(account) for _ in range(self.random.choice((1, 2, 3, 5)))))
        steps = [self.commitment(account, bidder) for bidder in bidders]
        steps.append(self.command(m.COMMAND_TICK, time=commits_until(self.pool, owner)))
        opened = [seal.bidder for seal in owner.case.seals] + bidders
        steps += [self.opened(account, bidder) for bidder in opened if self.random.random() < 0.7]
        if self.random.random() < 0.3:
            # Too late, and a second time.
            steps += [self.commitment(account, self.bidder(account)), self.opened(account, opened[0])]
        if self.random.random() < 0.2:
            price = self.random.randrange(950, 1050)
            steps += [self.mark_at(i, price) for i in owner.legs() if not self.pool.instruments[i].is_option][:1]
        steps.append(self.command(m.COMMAND_TICK, time=reveals_until(self.pool, owner)))
        self.waiting += steps[:0:-1]
        return steps[0]

    # Open bids.

    def draw_bid(self) -> Step:
        """Mostly where slices or legs are offered now; sometimes with the state seen, or another."""
        if self.is_auction_wanted() and self.random.random() < 0.5:
            return self.draw_auction()
        step, payload = super().draw_bid()
        if step["kind"] != m.COMMAND_BID:
            return step, payload
        account = step["account"]
        if self.random.random() < 0.9:
            step["counterparty"] = self.bidder(account)
        known = 0 <= account < len(self.pool.accounts)
        owner = self.pool.accounts[account] if known else self.pool.fund
        if self.random.random() < 0.3:
            step["amount"] = state_number(owner) + (self.random.random() < 0.2)
        if step["instrument"] == 0 and self.random.random() < 0.2:
            worth = max(0, figures(self.pool, owner).equity)
            step["price"] = worth * self.random.choice((0, 1, 3, 10, 30)) // 100
        if owner.case.auction_instrument == step["instrument"] != 0 and self.random.random() < 0.3:
            step["price"] = max(0, price_now(self.pool, owner.case) + self.random.choice((-1, 0, 1)))
        return step, payload

    def next_assets(self) -> list[tuple[int, int]]:
        """(account, asset) where an asset is next to be sold."""
        found = [(n, legs_in_order(self.pool, self.pool.accounts[n])[:1]) for n in self.liquidating()]
        return [(n, legs[0]) for n, legs in found if legs and self.is_asset(legs[0])]

    def is_auction_wanted(self) -> bool:
        cases = [self.pool.accounts[n].case for n, _ in self.next_assets()]
        return self.pool.policy["curve_collateral"] > 0 and any(case.auction_instrument == 0 for case in cases)

    def draw_auction(self) -> Step:
        found = self.next_assets()
        if not found and self.random.random() < 0.9:
            return self.draw_trouble()
        account, instrument = self.random.choice(found or [(self.account(), self.instrument())])
        case = self.pool.accounts[account].case if 0 <= account < len(self.pool.accounts) else None
        self.bids = self.random.choice((0, 1, 2))
        if case is not None and 0 < case.auction_instrument == instrument and not is_over(self.pool, case):
            if self.random.random() < 0.7:
                return super().draw_bid()
        if self.random.random() < 0.5:
            pause = self.random.choice((1_000, MINUTE, 5 * MINUTE))
            self.waiting.append(self.command(m.COMMAND_TICK, time=self.pool.time + pause))
        fields = {"account": account, "counterparty": self.bidder(account), "instrument": instrument}
        step = self.command(m.COMMAND_AUCTION, **fields)
        if self.random.random() < 0.1:
            # Again, where it has just begun.
            self.waiting.append(self.command(m.COMMAND_AUCTION, **fields))
        return step

    # Owners, operator, time.

    def draw_top_up(self) -> Step:
        """What is missing to the level that ends a stage, or a micro less."""
        found = self.numbers(lambda row: row.stage in (m.STAGE_CALLED, m.STAGE_LIQUIDATING))
        if not found:
            return self.draw_trouble()
        account = self.random.choice(found)
        owner = self.pool.accounts[account]
        now = figures(self.pool, owner)
        level = now.call if owner.stage == m.STAGE_CALLED else now.exit
        amount = max(1, level - now.equity - (self.random.random() < 0.3))
        same = [n for n in self.numbers(lambda row: row.owner == owner.owner) if n != account]
        if same and self.random.random() < 0.4:
            fields = {"account": self.random.choice(same), "counterparty": account, "amount": amount}
            return self.command(m.COMMAND_TRANSFER, **fields)
        return self.command(m.COMMAND_DEPOSIT, account=account, counterparty=owner.owner, amount=amount)

    def draw_endorse(self) -> Step:
        account = self.account() if self.random.random() < 0.95 else self.random.randrange(8)
        return self.command(m.COMMAND_ENDORSE, account=account, flags=self.random.choice((3, 3, 3, 2, 2, 1, 0, 7)))

    def moments(self) -> list[int]:
        """When something ends: phases of a batch, a call, cooling off, waiting for bidders, an auction."""
        policy, found = self.pool.policy, []
        for row in self.pool.accounts:
            case = row.case
            if case.batch == m.BATCH_OPEN:
                found += [commits_until(self.pool, row), reveals_until(self.pool, row)] * 3
            if row.stage == m.STAGE_CALLED:
                found.append(case.called_since + policy["call_deadline"])
            if row.stage == m.STAGE_COOLING:
                found.append(row.stage_since + policy["cool_off"])
            if case.insolvent_since > 0:
                found.append(case.insolvent_since + policy["insolvent_after"])
            if case.auction_instrument > 0:
                found.append(case.auction_since + policy["collateral_tail"] + 1)
        return [time for time in found if time >= self.pool.time]

    def draw_wait(self) -> Step:
        time = self.random.choice(self.moments() or [self.pool.time + 1_000])
        return self.command(m.COMMAND_TICK, time=max(self.pool.time, time - (self.random.random() < 0.2)))

    def draw_rest(self) -> Step:
        """A mechanism rests, or none does any more."""
        values = dict(self.pool.policy)
        calm = values["pauses"] == 0 and values["breaker"] == 0
        values["pauses"] = self.random.choice([1 << bit for bit in range(8)]) if calm else 0
        values["breaker"] = self.random.randrange(4) if calm else 0
        return self.command(m.COMMAND_SET_POLICY)[0], tuple(values[name] for name in POLICY_FIELDS)

    def draw_curve(self) -> Step:
        step, payload = self.set_curve(self.random.choice((SLICES, INSOLVENT, COLLATERAL, 8)))
        chance, words = self.random.random(), list(payload)
        if chance < 0.3:
            place = self.random.randrange(len(words))
            words[place] = self.spoilt(words[place])
        elif chance < 0.4:
            words = words[: self.random.choice((0, 1, -1))] + [0] * self.random.choice((0, 140))
        if self.random.random() < 0.1:
            step["instrument"] = self.random.choice((0, -1, 9, 2**40))
        return step, tuple(words)
