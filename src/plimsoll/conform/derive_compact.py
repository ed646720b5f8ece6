"""Derive's compact portfolios: test-cases-portfolio.json (standard manager) and test-cases-portfolio-pm.json (PMRM).

Amounts carry 8 decimals, strikes are whole dollars, results whole dollars of net margin cut toward zero. Markets are
the same for all cases but for the feeds a case overrides; those are written down here, from the vectors' README.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from plimsoll.conform.cases import Adapter, Case, NotCovered, read_each
from plimsoll.conform.derive_numbers import NOTHING_WANTED, exact, guarded_case, listed, named_tables
from plimsoll.conform.derive_pmrm import COMPACT_RULES as PORTFOLIO_RULES
from plimsoll.conform.derive_pmrm import base_asset
from plimsoll.conform.derive_portfolio import PortfolioAccount
from plimsoll.conform.derive_portfolio import margin_of as portfolio_margin
from plimsoll.conform.derive_srm import COMPACT_RULES as STANDARD_RULES
from plimsoll.conform.derive_standard import StandardAccount, StandardMarket
from plimsoll.conform.derive_standard import margin_of as standard_margin
from plimsoll.presets.derive_classes import Market
from plimsoll.presets.derive_parameters import DAY_SECONDS
from plimsoll.presets.derive_tables import Expiry
from plimsoll.presets.rounding import trunc

EIGHT: Final = 10**8
EIGHTEEN: Final = 10**18
LARGEST_EIGHT: Final = 10**14
"""No amount of 8 decimals is as large as this (a million coins); one of 18 decimals is."""
HELD: Final = ("options", "perps", "bases")
DAYS: Final = {
    "20230104": 3,
    "20230111": 10,
    "20230118": 17,
    "20230227": 57,
    "20230804": 215,
    "20230811": 222,
    "20230818": 229,
    "20230825": 238,
}
EXPIRY_HOUR_SECONDS: Final = 8 * 3_600
CARRIES: Final = {
    "eth": (0.91345, 2.83305, 4.7545, 15.7696, 59.87416, 61.85933, 63.8284, 66.3744),
    "btc": (12.7883, 39.66276, 66.56301, 220.77451, 838.23835, 865.90472, 893.59763, 929.24184),
}
SPOTS: Final = {"eth": 2_000.0, "btc": 28_000.0}
PERPS: Final = {"eth": 2_001.0, "btc": 28_020.0}
VOL: Final = 0.5
RATE: Final = 0.02
X: Final = "20230118"
Y: Final = "20230227"
BELOW: Final = 0.399999999
"""A confidence one wei below 0.4, rounded down to parts per billion."""


@dataclass(frozen=True, kw_only=True)
class Feeds:
    """ETH's feeds where a case overrides them: (price, confidence); ``vols`` by (expiry, strike)."""

    stable: float = 1.0
    spot: tuple[float, float] = (SPOTS["eth"], 1.0)
    perp: tuple[float, float] = (PERPS["eth"], 1.0)
    forwards: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    vols: Mapping[tuple[str, int], tuple[float, float]] = field(default_factory=dict)


def _doubtful_spot(confidence: float) -> tuple[float, float]:
    return SPOTS["eth"], confidence


FEEDS: Final[dict[str, Feeds]] = {
    "test_depeg_contingency_pm": Feeds(stable=0.2),
    "test_oracle_cont_long_call_pm": Feeds(
        spot=_doubtful_spot(0.1), forwards={X: (2004.75, 0.4)}, vols={(X, 1700): (VOL, 0.3)}
    ),
    "test_oracle_cont_short_call_pm": Feeds(
        spot=_doubtful_spot(0.1), forwards={X: (2004.75, 0.4)}, vols={(X, 1700): (VOL, 0.1)}
    ),
    "test_oracle_cont_base_asset_pm": Feeds(spot=_doubtful_spot(0.1)),
    "test_oracle_cont_long_perp_asset_pm": Feeds(spot=_doubtful_spot(0.3), perp=(2001.0, 0.1)),
    "test_general_portfolio_pm": Feeds(
        spot=(2004.0, 0.3),
        perp=(2017.0, 0.3),
        forwards={Y: (2014.7545, 0.2)},
        vols={(X, 1700): (0.15, 0.1), (X, 2100): (1.01, 0.1), (X, 1000): (0.33, 0.1)},
    ),
    "test_USDC_depeg": Feeds(stable=0.1),
    "test_long_perp_and_USDC_depeg": Feeds(stable=0.1),
    "test_short_call_low_vol_conf": Feeds(vols={(X, 2000): (VOL, 0.1)}),
    "test_short_call_low_vol_and_fwd_confidence": Feeds(forwards={X: (2004.75, BELOW)}, vols={(X, 2000): (VOL, 0.5)}),
    "test_short_call_low_spot_vol_fwd_confidence": Feeds(
        spot=_doubtful_spot(0.2), forwards={X: (2004.75, 0.4)}, vols={(X, 2000): (VOL, 0.5)}
    ),
    "test_long_call_low_spot_vol_fwd_confidence": Feeds(
        spot=_doubtful_spot(0.2), forwards={X: (2004.75, 0.4)}, vols={(X, 2000): (VOL, 0.5)}
    ),
    "test_short_options_two_expiries_low_conf_one_expiry": Feeds(
        spot=_doubtful_spot(0.9), forwards={X: (2004.75, 0.4)}, vols={(X, 2000): (VOL, 0.3)}
    ),
    "test_long_eth_perp_low_perp_confidence": Feeds(perp=(2001.0, 0.1)),
    "test_base_asset_low_spot_confidence": Feeds(spot=_doubtful_spot(0.1)),
    "test_general_portfolio": Feeds(
        stable=0.97, spot=_doubtful_spot(0.2), forwards={X: (2004.75, BELOW)}, vols={(X, 2000): (VOL, 0.5)}
    ),
}


def read(document: Any, name: str) -> list[Case] | None:
    """The cases of a file of compact portfolios; None for a file of another kind."""
    if not any(named_tables(document, "cash", key) for key in HELD):
        return None
    unit, portfolio = _unit(document.values()), any(mark in name.lower() for mark in ("pmrm", "-pm."))
    return read_each(document, lambda key, one: [_case(key, one, unit, portfolio)])


def _case(key: str, document: Mapping[str, Any], unit: int, portfolio: bool) -> Case:
    wanted = document.get("result", document.get("results"))
    if not isinstance(wanted, dict):
        wanted = {}
    sides = {side: wanted[side] for side in ("im", "mm") if side in wanted}
    formula = "pmrm.compact" if portfolio or key.endswith("_pm") else "srm.compact"
    return Case(key, formula if sides else NOTHING_WANTED, document, sides, None, unit)


def _unit(documents: Iterable[Mapping[str, Any]]) -> int:
    """The decimals of a file: 8 as its README says, or 18 as later versions have them."""
    largest = max(
        (
            abs(exact(one["amount"], "amount"))
            for document in documents
            for key in HELD
            for one in listed(document.get(key), key)
            if isinstance(one, dict) and "amount" in one
        ),
        default=Fraction(0),
    )
    return EIGHT if largest < LARGEST_EIGHT else EIGHTEEN


class _Held:
    """A case's balances in one underlying."""

    def __init__(self, document: Mapping[str, Any], unit: int, underlying: str) -> None:
        def mine(key: str) -> Sequence[Any]:
            rows = listed(document.get(key), key)
            if not all(isinstance(one, dict) for one in rows):
                raise NotCovered(f"{key} are not tables")
            return [one for one in rows if str(one.get("underlying", "eth")).lower() == underlying]

        self._unit = unit
        self.options = mine("options")
        self.perps = sum(self.amount(one) for one in mine("perps"))
        self.base = sum(self.amount(one) for one in mine("bases"))
        self.entry = sum(self.amount(one) * self.amount(one, "entryPrice") for one in mine("perps"))

    def amount(self, row: Mapping[str, Any], key: str = "amount") -> float:
        """A figure of the file, in coins or dollars."""
        return float(exact(row[key], key) / self._unit)

    def expiries(self, underlying: str, feeds: Feeds) -> tuple[tuple[Expiry, ...], list[list[float]]]:
        """The expiries held, in order of appearance, and the amounts beside them."""
        vols, shares = _vols(self.options, feeds)
        held: dict[str, list[Any]] = {}
        for one in self.options:
            held.setdefault(str(one["expiry"]), []).append(one)
        expiries = []
        for label, rows in held.items():
            if label not in DAYS:
                raise NotCovered(f"an expiry labelled {label!r} is not among those of the README")
            carry = CARRIES[underlying][list(DAYS).index(label)]
            forward, share = feeds.forwards.get(label, (SPOTS[underlying] + carry, 1.0))
            expiries.append(
                Expiry(
                    seconds=DAYS[label] * DAY_SECONDS + EXPIRY_HOUR_SECONDS,
                    variable=forward,
                    rate=RATE,
                    confidence=min(share, shares.get(label, 1.0)),
                    strikes=[float(exact(one["strike"], "strike")) for one in rows],
                    calls=[str(one["typeOption"]).lower() == "call" for one in rows],
                    vols=[vols[label, int(exact(one["strike"], "strike"))] for one in rows],
                )
            )
        return tuple(expiries), [[self.amount(one) for one in rows] for rows in held.values()]


def _vols(options: Sequence[Any], feeds: Feeds) -> tuple[dict[tuple[str, int], float], dict[str, float]]:
    """Vols by (expiry, strike), and the confidence of each expiry: a strike without a vol sets both anew."""
    vols = {key: vol for key, (vol, _) in feeds.vols.items()}
    shares = {label: share for (label, _), (_, share) in feeds.vols.items()}
    for one in options:
        key = str(one["expiry"]), int(exact(one["strike"], "strike"))
        if key not in vols:
            vols[key], shares[key[0]] = VOL, 1.0
    return vols, shares


def _underlying(document: Mapping[str, Any]) -> str:
    """The one underlying of a PMRM account: each has a manager of its own."""
    named = {str(one.get("underlying", "eth")).lower() for key in HELD for one in listed(document.get(key), key)}
    if len(named) > 1:
        raise NotCovered("an account of PMRM has one underlying")
    return next(iter(named), "eth")


def _portfolio(case: Case) -> Mapping[str, Any]:
    underlying = _underlying(case.inputs)
    feeds = _feeds(case, underlying)
    held = _Held(case.inputs, case.context, underlying)
    expiries, amounts = held.expiries(underlying, feeds)
    (spot, spot_share), (perp, perp_share) = feeds.spot, feeds.perp
    confidence = min(spot_share, perp_share) if held.perps else spot_share
    base = [base_asset(held.base, spot, feeds.stable, PORTFOLIO_RULES, confidence)] if held.base else []
    account = PortfolioAccount(
        rules=PORTFOLIO_RULES,
        market=Market(spot=spot, confidence=confidence, expiries=expiries),
        amounts=amounts,
        cash=float(exact(case.inputs["cash"], "cash") / case.context),
        stable_price=feeds.stable,
        perps=held.perps,
        perp_price=perp,
        perp_profit=held.perps * perp - held.entry,
        assets=base,
    )
    found = portfolio_margin(account)
    return {"im": _dollars(found.initial), "mm": _dollars(found.maintenance)}


def _feeds(case: Case, underlying: str) -> Feeds:
    """The feeds of an underlying; overrides are ETH's."""
    if underlying == "eth":
        return FEEDS.get(case.id, Feeds())
    if underlying not in SPOTS:
        raise NotCovered(f"the README has no market of {underlying!r}")
    return Feeds(spot=(SPOTS[underlying], 1.0), perp=(PERPS[underlying], 1.0))


def _standard(case: Case) -> Mapping[str, Any]:
    feeds = _feeds(case, "eth")
    account = StandardAccount(
        cash=float(exact(case.inputs["cash"], "cash") / case.context),
        markets=[_market(case, underlying) for underlying in SPOTS],
        stable_price=feeds.stable,
        depeg_threshold=STANDARD_RULES.depeg_threshold,
    )
    found = standard_margin(account)
    return {"im": _dollars(found.net_initial), "mm": _dollars(found.net_maintenance)}


def _market(case: Case, underlying: str) -> StandardMarket:
    feeds, held = _feeds(case, underlying), _Held(case.inputs, case.context, underlying)
    expiries, amounts = held.expiries(underlying, feeds)
    return StandardMarket(
        rules=STANDARD_RULES,
        market=Market(spot=feeds.spot[0], confidence=feeds.spot[1], expiries=expiries),
        amounts=amounts,
        perps=held.perps,
        perp_price=feeds.perp[0],
        perp_profit=held.perps * feeds.perp[0] - held.entry,
        perp_confidence=feeds.perp[1],
        base=held.base,
    )


def _dollars(net: float) -> int:
    """Whole dollars, cut toward zero after the engine's own roundings (a few micros) are taken out."""
    return trunc(Fraction(round(net, 3)))


ADAPTERS: Final[dict[str, Adapter]] = {
    "pmrm.compact": guarded_case(_portfolio),
    "srm.compact": guarded_case(_standard),
}
