"""What things are worth outside the pool, block after block; what is traded and liquidated in it pushes the prices.

A push of N micros moves the logarithm of a coin's price by N / depth, half for good, half until it has died down.
"""

from typing import Final

import numpy as np

from plimsoll.sim.view import Floats
from plimsoll.sim.world.batch import PoolView
from plimsoll.sim.world.config import SYMBOLS, WorldConfig
from plimsoll.sim.world.listing import FIELDS, Listed
from plimsoll.sim.world.paths import PATHS, RETURN_MAX
from plimsoll.sim.world.streams import stream
from plimsoll.units.limits import MARK_MAX, MICROS_PER_TOKEN
from plimsoll.units.messages import KIND_PERP

LASTING: Final = 0.5
FADES: Final = 0.85
PREMIUM_FADES: Final = 0.9
PREMIUM_NOISE: Final = 0.0006
STABLE_NOISE: Final = 0.0005
PUSH_MAX: Final = 0.3
DEPEG_FALLS: Final = 5
DEPEG_LASTS: Final = 40


class Market:
    """Prices of the coins, and of everything listed on them."""

    def __init__(self, seed: int, config: WorldConfig, listings: list[Listed]) -> None:
        self.config, self.listings = config, listings
        self.path = PATHS[config.path](stream(seed, "path"), config.path_terms)
        self.random = stream(seed, "market")
        self.block = 0
        self.logs = np.log(np.array(config.prices))
        self.pushed = np.zeros(len(config.prices))
        self.premiums = np.zeros(len(SYMBOLS) + 1)
        self.history: list[Floats] = [np.exp(self.logs)]
        self.expected: list[Listed] = []
        self.depth = config.depth * config.wealth * sum(config.crowd.values())

    def advance(self) -> None:
        """One block: the path moves, what was pushed dies down, premiums wander."""
        moves = np.clip(self.path.returns(self.block), -RETURN_MAX, RETURN_MAX)
        self.block += 1
        self.logs[:-1] += moves
        self.logs[-1] += 0.2 * (np.log(self.config.prices[-1]) - self.logs[-1])
        self.logs[-1] += STABLE_NOISE * self.random.standard_normal()
        self.pushed *= FADES
        noise = self.random.standard_normal(len(self.premiums))
        self.premiums = PREMIUM_FADES * self.premiums + PREMIUM_NOISE * noise
        self.history.append(self.coins())

    def meet(self, view: PoolView) -> None:
        """Take note of what was listed since; what nobody expected is worth a token a unit."""
        for number in range(len(self.listings) + 1, int(view.pool.totals[0]["instruments"])):
            row = {name: int(view.pool.instruments[number][name]) for name in FIELDS}
            stranger = Listed(f"STRANGER-{number}", len(SYMBOLS), row)
            self.listings.append(next((one for one in self.expected if one.row == row), stranger))

    def push(self, coin: int, micros: float) -> None:
        """Somebody bought so much of a coin, or sold where negative."""
        moved = float(np.clip(micros / self.depth, -PUSH_MAX, PUSH_MAX))
        self.logs[coin] += LASTING * moved
        self.pushed[coin] += (1 - LASTING) * moved
        self.premiums[coin] += 0.05 * moved

    def fall(self, coin: int, share: float) -> None:
        """A coin loses a share of its price for good."""
        self.logs[coin] += np.log1p(-share)

    def coins(self) -> Floats:
        """Micros a coin."""
        coins: Floats = np.exp(self.logs + self.pushed)
        return coins

    def moved(self, coin: int, blocks: int) -> float:
        """The log return of a coin over the last blocks."""
        before = self.history[max(0, len(self.history) - 1 - blocks)]
        return float(np.log(self.history[-1][coin] / before[coin]))

    def fair(self, time_ms: int) -> Floats:
        """Micros per unit by instrument number; 0 for what is priced by tables."""
        coins = self.coins()
        prices = np.zeros(len(self.listings) + 1)
        prices[0] = self.settlement()
        for number, one in enumerate(self.listings, start=1):
            if one.row["risk_group"]:
                continue
            price = float(coins[one.coin]) / one.divisor
            if one.kind == KIND_PERP:
                price *= 1 + self.premiums[one.coin]
            if one.basis:
                left = max(0, one.row["expiry"] - time_ms) / self.config.block_ms
                price *= np.exp(one.basis * left)
            prices[number] = min(max(price, 1.0), float(MARK_MAX))
        return prices

    def settlement(self) -> float:
        """Micros a settlement token is worth: less while the peg is off."""
        if self.config.depeg is None:
            return float(MICROS_PER_TOKEN)
        start, depth = self.config.depeg
        since = self.block - start
        if since < 0 or since > DEPEG_LASTS:
            return float(MICROS_PER_TOKEN)
        return MICROS_PER_TOKEN * (1 - depth * min(1.0, (since + 1) / DEPEG_FALLS))
