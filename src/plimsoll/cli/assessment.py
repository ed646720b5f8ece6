"""A portfolio's margin: its instruments listed in a pool of its own, its account set up beside it, and explained.

The account is not traded into its positions: a portfolio below its margin could not be, and must be assessed all the
same. Formulas are the engine's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from plimsoll.book.layout import Pool as Tables
from plimsoll.cli.portfolio import OrderPart, Portfolio, PositionPart
from plimsoll.margin.explain import explain
from plimsoll.margin.liquidation import liquidation_prices
from plimsoll.sim import PoolSetup, load_pool
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, LOTS_MAX, MICROS_MAX
from plimsoll.units.messages import KIND_ASSET
from plimsoll.units.tables import array_of
from plimsoll.venue import Explained, InputRefused, Instrument, LiquidationPrice, Pool, Refused, Venue
from plimsoll.venue.answers import explained, state_of_margin
from plimsoll.venue.decimals import TOKENS, plain, whole
from plimsoll.venue.parameters import leverage_rate, policy_of
from plimsoll.venue.registry import Registry
from plimsoll.venue.whatif import after_order, apart, changed, with_limit

STATES: Final = {
    "healthy": "may open more",
    "restricted": "below initial margin: may only reduce risk",
    "called": "below the call level: margin call",
    "liquidating": "below maintenance: would be liquidated",
    "insolvent": "equity below zero",
}


@dataclass(frozen=True)
class Assessment:
    """The answer: the account explained, and per instrument the prices at which it would be liquidated."""

    state: str
    explained: Explained
    prices: dict[str, tuple[Instrument, LiquidationPrice]]


def assess(portfolio: Portfolio, pool_file: Path | None = None, *, built_in: bool = True) -> Assessment:
    """Assess a portfolio; InputRefused in one line when it makes no sense."""
    setup = load_pool(pool_file) if built_in or pool_file is not None else None
    policy = dict(setup.policy) if setup is not None else {}
    try:
        venue = Venue.in_memory(policy | policy_of(portfolio.policy))
    except (TypeError, ValueError) as error:
        raise InputRefused(f"policy: {error}") from None
    pool = Pool(venue, Registry(None, portfolio.settlement))
    with venue:
        _list(pool, portfolio, setup)
        account = _account(pool, portfolio)
        found = explain(account, 0)
        if abs(found.equity) > 10 * MICROS_MAX:
            raise InputRefused("the portfolio is too large")
        title = f"amounts in {pool.settlement}"
        prices = {
            one.name: (one, _prices(account, one))
            for one in pool.instruments.values()
            if any(term.instrument == one.number for term in found.terms)
        }
        return Assessment(state_of_margin(found), explained(title, found, pool.numbered), prices)


def _list(pool: Pool, portfolio: Portfolio, setup: PoolSetup | None) -> None:
    """List what the portfolio uses and publish its marks."""
    used = _names(portfolio)
    marks = {name: price for name, price in portfolio.marks.items() if name != pool.settlement}
    _require(pool.settlement not in portfolio.collateral, f"collateral: {pool.settlement} goes under cash")
    own = {part.name: part for part in portfolio.instruments}
    built_in = {listing.name: listing for listing in setup.listings} if setup is not None else {}
    if len(own) < len(portfolio.instruments):
        raise InputRefused("instruments: a name is there twice")
    for name in dict.fromkeys([*used, *marks]):
        if name not in own and name not in built_in:
            known = ", ".join([*own, *built_in]) or "none"
            raise InputRefused(f"{name} is not known: describe it under instruments; known: {known}")
    pool.tick(1)
    if pool.settlement in portfolio.marks:
        _mark(pool, pool.instrument(pool.settlement), portfolio.marks[pool.settlement])
    for name in dict.fromkeys([*used, *marks, *own]):
        try:
            if name in own:
                one = _list_own(pool, own[name])
            else:
                one = pool.list_row(name, plain(1 / built_in[name].lots_per_coin), built_in[name].row)
        except (Refused, TypeError, InputRefused) as error:
            raise InputRefused(f"{name}: {error}") from None
        if name in marks:
            _mark(pool, one, marks[name])
        elif name in used:
            raise InputRefused(f"marks: {name} has no price")


def _mark(pool: Pool, one: Instrument, price: Decimal) -> None:
    _require(price > 0, f"marks.{one.name}: must be above 0")
    try:
        pool.mark(one, price)
    except (Refused, InputRefused) as error:
        raise InputRefused(f"marks.{one.name}: {error}") from None


def _list_own(pool: Pool, part: Any) -> Instrument:
    given = {name: value for name, value in part.model_dump().items() if value is not None}
    name, kind = given.pop("name"), given.pop("kind")
    wrong = {"perp": ("weight", "weight_maintenance", "expiry"), "future": ("weight", "weight_maintenance")}
    for field in wrong.get(kind, ("initial", "maintenance", "expiry")):
        if field in given:
            raise InputRefused(f"{name}: {field} is not for kind {kind!r}")
    if kind == "future" and "expiry" not in given:
        raise InputRefused(f"{name}: a future needs an expiry")
    listing: Callable[..., Instrument] = getattr(pool, f"list_{kind}")
    return listing(name, **given)


def _names(portfolio: Portfolio) -> list[str]:
    parts: Iterable[PositionPart | OrderPart] = (*portfolio.positions, *portfolio.orders)
    return list(dict.fromkeys([*portfolio.collateral, *(part.instrument for part in parts)]))


def _account(pool: Pool, portfolio: Portfolio) -> Tables:
    """Small tables with the account of the portfolio as row 0."""
    cash = whole(portfolio.cash, TOKENS, "cash")
    _require(abs(cash) <= MICROS_MAX, f"cash: {portfolio.cash} is too large")
    account = changed(apart(pool.tables), cash=cash)
    for name, quantity in portfolio.collateral.items():
        one = pool.instrument(name)
        _require(one.kind == "asset", f"collateral.{name}: a {one.kind} is no collateral; put it under positions")
        _require(quantity >= 0, f"collateral.{name}: must not be negative")
        account = changed(account, one.number, lots=_lots(one, quantity, f"collateral.{name}"))
    for place, position in enumerate(portfolio.positions):
        one = _contract(pool, position.instrument, f"positions[{place}]")
        lots = _lots(one, position.quantity, f"positions[{place}].quantity")
        entry = _price(pool, one, position.entry, f"positions[{place}].entry")
        cost = -(-lots * entry // int(pool.tables.instruments[one.number]["unit"]))
        account = changed(account, one.number, lots=lots, cost=cost)
    for place, order in enumerate(portfolio.orders):
        one = _contract(pool, order.instrument, f"orders[{place}]")
        lots = _lots(one, order.quantity, f"orders[{place}].quantity")
        account = after_order(account, one.number, lots, _price(pool, one, order.price, f"orders[{place}].price"))
    _require_within_limits(pool, account)
    if portfolio.leverage_cap is not None:
        account = with_limit(account, leverage_rate(portfolio.leverage_cap, "leverage_cap"))
    return account


def _require_within_limits(pool: Pool, account: Tables) -> None:
    rows = array_of(account.holdings)
    _require(rows.size <= HOLDINGS_PER_ACCOUNT_MAX, f"an account has at most {HOLDINGS_PER_ACCOUNT_MAX} instruments")
    for row in rows:
        one = pool.numbered(int(row["instrument"]))
        largest = int(pool.tables.instruments[one.number]["lots_max"])
        held, bid, ask = int(row["lots"]), int(row["bid_lots"]), int(row["ask_lots"])
        _require(
            max(abs(held + bid), abs(held - ask)) <= largest,
            f"{one.name}: an account may hold at most {one.quantity_of(largest):f}",
        )


def _contract(pool: Pool, name: str, where: str) -> Instrument:
    one = pool.instrument(name)
    kind = int(pool.tables.instruments[one.number]["kind"])
    _require(kind != KIND_ASSET, f"{where}: {name} is an asset; put it under collateral")
    return one


def _lots(one: Instrument, quantity: Decimal, where: str) -> int:
    try:
        lots = one.lots(quantity)
    except InputRefused as error:
        raise InputRefused(f"{where}: {error}") from None
    _require(abs(lots) <= LOTS_MAX, f"{where}: {quantity} is too large")
    return lots


def _price(pool: Pool, one: Instrument, price: Decimal, where: str) -> int:
    try:
        micros = one.micros(price)
    except InputRefused as error:
        raise InputRefused(f"{where}: {error}") from None
    highest = int(pool.tables.instruments[one.number]["mark_max"])
    _require(0 < micros <= highest, f"{where}: {price} must be above 0 and at most {one.price_of(highest):f}")
    return micros


def _prices(account: Tables, one: Instrument) -> LiquidationPrice:
    found = liquidation_prices(account, 0, one.number)
    below, above = (None if mark is None else one.price_of(mark) for mark in found)
    return LiquidationPrice(below, above)


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise InputRefused(text)
