"""Mechanisms of the waterfall, each alone: what of the default chain is left, as an overlay on the pool file's policy.

Alone means: no fund, no tranches, no other way out before the one shown. What it leaves unsold or unpaid goes to
deleveraging by queue, as an account below zero cannot be left standing; where nobody bids, coins that deleveraging
leaves behind go to auction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from plimsoll.sim.listings import PoolSetup
from plimsoll.units.messages import POT_AMM, POT_BACKSTOP, POT_TRANCHE
from plimsoll.venue.policy import policy_of

DEFAULT_CHAIN: Final = "default"
ALONE: Final = MappingProxyType(
    {
        "adl": "queue",
        "slice_discount": "0.05",
        "curve_slice": 0,
        "insolvent_after": 0,
        "curve_insolvent": 0,
        "batch_commit": 0,
        "batch_reveal": 0,
        "swap_slippage": 0,
        "premium_liquidation": 0,
        "premium_trading": 0,
    }
)
NO_AUCTION: Final = MappingProxyType({"curve_collateral": 0})
NO_BACKSTOP: Final = MappingProxyType({"pauses": ("backstop",)})
NO_BIDS: Final = MappingProxyType({"pauses": ("bids", "slices")})
NOBODY: Final = MappingProxyType({"pauses": ("bids", "slices", "backstop")})


@dataclass(frozen=True)
class Variant:
    """One way down: parameters in human units over the pool file's, whose money is there, kinds of pots there are."""

    name: str
    title: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    fund: bool = False
    backstop: bool = False
    pots: tuple[int, ...] = ()

    def of(self, base: PoolSetup) -> PoolSetup:
        """The pool under this variant."""
        return replace(
            base,
            policy={**base.policy, **policy_of(self.policy)},
            fund_micros=base.fund_micros if self.fund else 0,
            backstop_micros=base.backstop_micros if self.backstop else 0,
            pots=tuple(pot for pot in base.pots if pot.kind in self.pots),
        )


BATCH: Final = {"batch_commit": 60, "batch_reveal": 60, "batch_bond": 100, "batch_bids_min": 2}
VARIANTS: Final = {
    one.name: one
    for one in (
        Variant("bids", "Bids for legs, slices at a flat discount", {**ALONE, **NO_AUCTION, **NO_BACKSTOP}),
        Variant("dutch", "Slices at a discount that rises", {**ALONE, **NO_AUCTION, **NO_BACKSTOP, "curve_slice": 1}),
        Variant("batch", "Slices by sealed bids, then flat", {**ALONE, **NO_AUCTION, **NO_BACKSTOP, **BATCH}),
        Variant("auction", "Bids; collateral by auction", {**ALONE, **NO_BACKSTOP}),
        Variant(
            "auction_amm",
            "Bids; collateral by auction and AMM",
            {**ALONE, **NO_BACKSTOP, "swap_slippage": "0.02"},
            pots=(POT_AMM,),
        ),
        Variant(
            "backstop",
            "The backstop at once, nobody else",
            {**ALONE, **NO_BIDS, "backstop_after": 0},
            backstop=True,
            pots=(POT_BACKSTOP,),
        ),
        Variant("adl_queue", "Deleveraging alone, by rank", {**ALONE, **NOBODY}),
        Variant("adl_pro_rata", "Deleveraging alone, pro rata", {**ALONE, **NOBODY, "adl": "pro_rata"}),
        Variant(
            "insurance",
            "Fund and tranches pay, deleveraging closes",
            {**ALONE, **NOBODY},
            fund=True,
            pots=(POT_TRANCHE,),
        ),
        Variant(
            DEFAULT_CHAIN,
            "The default chain",
            fund=True,
            backstop=True,
            pots=(POT_AMM, POT_BACKSTOP, POT_TRANCHE),
        ),
    )
}
"""In the order in which they are shown."""
