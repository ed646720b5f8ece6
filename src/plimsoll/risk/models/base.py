"""What all models share: the protocol, joint scenarios across underlyings, and repricing options under them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from plimsoll.pricing import black76, greeks
from plimsoll.risk.checks import Floats, whole_within, within
from plimsoll.risk.errors import RiskError
from plimsoll.risk.snapshot import MarketSnapshot, OptionChain, Underlying
from plimsoll.risk.table import SHOCK_MAX, Aggregation, ClassTable, Groups, Options, RiskArrays, RiskPolicy, RiskTable
from plimsoll.units.tables import Ints


class RiskModel(Protocol):
    """Anything that turns a market into a risk table."""

    @property
    def name(self) -> str:
        """What it is called in reports."""

    @property
    def needs(self) -> frozenset[str]:
        """What the snapshot must hold: some of ``spot``, ``surface``, ``returns``."""

    def tables(self, snapshot: MarketSnapshot) -> RiskTable:
        """The table of this market. RiskError if the snapshot lacks what is needed."""


@dataclass(frozen=True)
class JointScenarios:
    """Moves of all factors in each scenario: log returns by column of the panel, each [S].

    Scenario s is one state of the world, so what one class wins in it may stand against what another loses.
    """

    moves: Mapping[str, Floats]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """The two moves of the underlying that price the basis of an expiry, and its factor add + multiple · years."""

    up: float = 0.05
    down: float = -0.05
    add: float = 0.0
    multiple: float = 0.0


NO_BASIS = Basis(0.0, 0.0)


def tail_of(scenarios: int, confidence: float) -> int:
    """k for which the k-th largest of n losses is exceeded by the next with probability k/(n + 1) ≤ 1 − confidence.

    RiskError if there are too few scenarios for the confidence.
    """
    whole_within("scenarios", scenarios, 1, 2**31)
    within("confidence", confidence, 0.5, 1.0 - 1e-9)
    tail = int((scenarios + 1) * (1.0 - confidence) + 1e-9)
    if tail < 1:
        needed = int(np.ceil(1.0 / (1.0 - confidence) - 1.0 - 1e-9))
        raise RiskError(f"{scenarios} scenarios say nothing about {confidence:g}; use at least {needed}")
    return tail


def option_rows(
    chain: OptionChain | None,
    underlying: Underlying,
    spot_moves: Floats,
    vols: Floats,
    basis: Basis,
    values: Floats | None = None,
) -> Options:
    """Values and sensitivities of a chain: repriced where the spot moves by ``spot_moves`` [S] and vols are [N, S].

    With ``values`` [N, S] these are taken instead, and nothing is repriced but the basis.
    """
    if chain is None:
        return no_options(spot_moves.size)
    now = greeks(chain.forwards, chain.strikes, chain.years, chain.vols, chain.is_call, chain.discounts)
    # The forward moves with the spot save for what is fixed: d forward / d spot.
    slope = (chain.forwards - chain.fixed) / underlying.spot
    one_percent = 0.01 * underlying.spot
    up, down = reprice(chain, np.array([basis.up, basis.down]), np.repeat(chain.vols[:, None], 2, axis=1)).T
    return Options(
        instruments=chain.instruments,
        groups=chain.groups,
        strikes=chain.strikes,
        is_call=chain.is_call,
        v0=now.price,
        up=up,
        down=down,
        delta=now.delta * slope,
        gamma=0.5 * now.gamma * (slope * one_percent) ** 2,
        vega=now.vega * 0.01,
        values=reprice(chain, spot_moves, vols) if values is None else values,
    )


def reprice(chain: OptionChain, moves: Floats, vols: Floats) -> Floats:
    """Values [N, S] with the underlying moved by ``moves`` [S] and the vols ``vols`` [N, S]; time stands still."""
    return black76(
        np.maximum(chain.forwards_at(moves), 0.0),
        chain.strikes[:, None],
        chain.years[:, None],
        vols,
        chain.is_call[:, None],
        chain.discounts[:, None],
    )


def no_options(scenarios: int) -> Options:
    """The rows of a class without options."""
    none, nothing = np.zeros(0), np.zeros(0, np.int64)
    return Options(
        nothing,
        nothing,
        none,
        np.zeros(0, np.bool_),
        *(none, none, none, none, none, none),
        np.zeros((0, scenarios)),
    )


def group_rows(chain: OptionChain | None, basis: Basis) -> Groups:
    """One row a group, undiscounted."""
    if chain is None:
        return Groups(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(5)))
    numbers = np.unique(chain.groups)
    first = _first_of(chain, numbers)
    confidence = np.array([chain.confidence[chain.groups == number].min() for number in numbers.tolist()])
    ones = np.ones(numbers.size)
    factor = basis.add + basis.multiple * chain.years[first]
    return Groups(numbers, ones, ones, factor, confidence, chain.forwards[first])


def _first_of(chain: OptionChain, numbers: Ints) -> Ints:
    return np.array([int(np.argmax(chain.groups == number)) for number in numbers.tolist()], np.int64)


def joint_table(
    snapshot: MarketSnapshot, joint: JointScenarios, policy: RiskPolicy, aggregation: Aggregation, tail: int
) -> RiskTable:
    """The table of joint scenarios: shocks are exp(move) − 1, options repriced, vols moved where they have a column."""
    chosen = replace(policy, aggregation=aggregation, tail=tail)
    classes, remarks = [], list(joint.remarks)
    for one in snapshot.underlyings:
        shocks = np.expm1(joint.moves[one.returns_column])
        if shocks.max() > SHOCK_MAX:
            # Rescaling an old outlier to a high vol can pass any bound; the engine takes eight times the price at most.
            remarks.append(f"a scenario of {one.name} was cut at {SHOCK_MAX:+.0%}")
            shocks = np.minimum(shocks, SHOCK_MAX)
        chain = one.chain
        vols = np.zeros((0, shocks.size))
        if chain is not None:
            factor = np.exp(joint.moves[one.vol_column]) if one.vol_column else np.ones(shocks.size)
            vols = chain.vols[:, None] * factor[None, :]
        arrays = RiskArrays(
            one.spot, shocks, group_rows(chain, NO_BASIS), option_rows(chain, one, shocks, vols, NO_BASIS)
        )
        classes.append(ClassTable(one.name, one.number, one.instrument, chosen, arrays))
    return RiskTable(snapshot.time_ms, tuple(classes), tuple(remarks))


def columns_of(snapshot: MarketSnapshot) -> tuple[str, ...]:
    """The columns of the panel the underlyings and their vols use, each once."""
    names = [one.returns_column for one in snapshot.underlyings]
    names += [one.vol_column for one in snapshot.underlyings if one.vol_column and one.chain is not None]
    return tuple(dict.fromkeys(names))
