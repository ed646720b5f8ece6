"""A book put into a pool of its own under a preset: listings, prices and classes by commands, the account as it stands.

The account is not traded into its positions: one below a venue's margin could not be. Every figure is the engine's.
What a venue cannot hold is ``NotCovered``; nothing is rounded to make it fit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple

from plimsoll.book.layout import Pool as Tables
from plimsoll.margin.explain import Explanation, explain
from plimsoll.presets.compare.book import Book, NotCovered, OptionPosition, coin_of
from plimsoll.presets.compare.ground import Ground
from plimsoll.presets.compare.series import market_of, option_row, series_of, whole_lots
from plimsoll.presets.preset import SYMBOL_OF_PERP
from plimsoll.presets.rounding import RuleRefused
from plimsoll.pricing import PricingError
from plimsoll.risk import Member, Payload, RiskError, quantise
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, MICROS_MAX
from plimsoll.units.messages import COMMAND_PUBLISH_ARRAYS, COMMAND_PUBLISH_CLASS, MODE_PORTFOLIO, MODE_STANDARD
from plimsoll.units.tables import array_of
from plimsoll.venue import Explained, InputRefused, Instrument, Pool, Refused
from plimsoll.venue.answers import explained
from plimsoll.venue.decimals import TOKENS, whole
from plimsoll.venue.parameters import leverage_rate
from plimsoll.venue.whatif import after_order, apart, changed, in_mode, with_limit

NOW_MS: Final = 1_000
NO_INSTRUMENT: Final = 0


def put(ground: Ground, book: Book) -> Tables:
    """Small tables with the book's account as row 0, every price and class in place; NotCovered with the reason."""
    with _filling(ground, book) as filling:
        return filling.tables()


def put_explained(ground: Ground, book: Book) -> tuple[Explanation, Explained]:
    """The book's account explained, in integers and for people; NotCovered with the reason."""
    with _filling(ground, book) as filling:
        found = explain(filling.tables(), 0)
        title = f"{ground.preset.title}; amounts in {ground.preset.settlement}"
        return found, explained(title, found, filling.pool.numbered)


@contextmanager
def _filling(ground: Ground, book: Book) -> Iterator["_Filling"]:
    symbols = ground.symbols(book)
    try:
        with Pool.open(settlement=ground.preset.settlement, policy=ground.preset.policy) as pool:
            yield _Filling(ground, pool, book, symbols)
    except Refused as refused:
        raise NotCovered(f"the engine refuses it under this venue's limits: {refused}") from None
    except InputRefused as refused:
        raise NotCovered(str(refused)) from None
    except (RiskError, PricingError, RuleRefused) as error:
        raise NotCovered(f"no risk table can be made: {error}") from None


class _Listed(NamedTuple):
    """An option of the book with the listing it gets."""

    option: OptionPosition
    lots: int
    row: dict[str, int]


class _Filling:
    """One pool being filled: an index for every class (instruments 1 …), then contracts and assets, then options."""

    def __init__(self, ground: Ground, pool: Pool, book: Book, symbols: dict[str, str]) -> None:
        self.ground, self.pool, self.book, self.symbols = ground, pool, book, symbols
        self.coins = [coin for coin in book.coins if ground.has_class(coin)]
        self.rows = {name: self._row(name) for name in symbols}

    def tables(self) -> Tables:
        self.pool.tick(NOW_MS)
        self.pool.mark(self.pool.settlement, self.book.settlement_price)
        self._list_indexes()
        payloads = [self._payload(coin) for coin in self.coins]
        for one in payloads:
            self.pool.command(COMMAND_PUBLISH_CLASS, True, {"instrument": one.number}, one.class_words)
        self._list_members()
        for one in payloads:
            columns = {"instrument": one.number, "time": NOW_MS}
            self.pool.command(COMMAND_PUBLISH_ARRAYS, True, columns, one.array_words)
        return self._account()

    def _list_indexes(self) -> None:
        """The spot of every class: an asset nobody holds."""
        for coin in self.coins:
            perp = coin + SYMBOL_OF_PERP
            row = self.ground.row(perp)
            if self.ground.lot(perp).scaleb(row["scale"]) != 1:
                raise NotCovered(f"{coin}: a class is in coins, and a unit of its listing is not one coin")
            index = self.pool.list_asset(
                f"{coin} index", lot=self.ground.lot(perp), mark_max=_tokens_of(row["mark_max"]), weight=0
            )
            self._mark(index, coin, self.book.spot(coin))

    def _list_members(self) -> None:
        listings = [(self.symbols[name], self._lot(name), self.rows[name]) for name in self.symbols]
        listings += [(one.option.name, self._lot_of(one.option.coin), one.row) for one in self._options]
        listed = self.pool.list_rows(listings)
        for name, one in zip(self.symbols, listed):
            self._mark(one, name, self.book.marks[name])

    def _mark(self, one: Instrument, name: str, price: Decimal) -> None:
        if price > one.mark_max:
            raise NotCovered(f"{name}: a price of {price:f} is above the {one.mark_max:f} its listing allows")
        self.pool.mark(one, price)

    def _row(self, name: str) -> dict[str, int]:
        """A listing; a member of a class is cut to the size held, so that the class has all its digits."""
        symbol = self.symbols[name]
        row, worst = self.ground.row(symbol), max(1, self._worst(name))
        most = min(row["lots_max"], row["open_lots_max"])
        if worst > most:
            raise NotCovered(f"{name}: an account may hold at most {most * self.ground.lot(symbol):f}")
        coin = coin_of(name)
        if coin in self.coins and (self.ground.is_contract(symbol) or self.ground.portfolio):
            row["risk_class"] = self._class_of(coin)
            row |= {"lots_max": worst, "open_lots_max": worst, "backstop_lots_max": 0}
        return row

    def _class_of(self, coin: str) -> int:
        """The number of a coin's class, which is its index's as well."""
        return 1 + self.coins.index(coin)

    def _worst(self, name: str) -> int:
        """Lots at the worse end of open orders."""
        held = sum(self._lots(name, one.quantity) for one in self.book.positions if one.instrument == name)
        held += self._lots(name, self.book.collateral.get(name, Decimal(0)))
        orders = [self._lots(name, one.quantity) for one in self.book.orders if one.instrument == name]
        bids, asks = sum(max(lots, 0) for lots in orders), sum(max(-lots, 0) for lots in orders)
        return max(abs(held + bids), abs(held - asks))

    def _lot(self, name: str) -> Decimal:
        return self.ground.lot(self.symbols[name])

    def _lot_of(self, coin: str) -> Decimal:
        return self.ground.lot(coin + SYMBOL_OF_PERP)

    def _lots(self, name: str, quantity: Decimal) -> int:
        return whole_lots(name, quantity, self._lot(name))

    @cached_property
    def _options(self) -> list[_Listed]:
        """Options as they are listed: by class, then by expiry; a netting group for each class and expiry."""
        found, group = [], 0
        for coin in self.coins:
            perp, number = self.ground.row(coin + SYMBOL_OF_PERP), self._class_of(coin)
            for options in series_of(self.book.options, coin).values():
                group += 1
                for one in options:
                    lots = whole_lots(one.name, one.quantity, self._lot_of(coin))
                    found.append(_Listed(one, lots, option_row(one, perp, lots, number, group)))
        return found

    def _payload(self, coin: str) -> Payload:
        """A class as it will be published, with the numbers its members are going to have."""
        rules = self.ground.rules
        if rules is None:
            raise NotCovered("it has no risk classes")
        first = 1 + len(self.coins) + len(self.symbols)
        own = [(first + place, one) for place, one in enumerate(self._options) if one.option.coin == coin]
        first_option, first_group = (own[0][0], own[0][1].row["risk_group"]) if own else (first, 1)
        market = market_of(float(self.book.spot(coin)), series_of(self.book.options, coin), first_option, first_group)
        number = self._class_of(coin)
        table = rules.build(coin, number, number, market)
        members = [Member(place, False, one.row["lots_max"], one.row["mark_max"]) for place, one in own]
        scale = self.ground.row(coin + SYMBOL_OF_PERP)["scale"]
        return quantise(table, NOW_MS, scale=scale, members=[*self._linear(coin), *members])

    def _linear(self, coin: str) -> Sequence[Member]:
        """Linear members of a class, or one lot of its perpetual, which keeps an empty class from any fineness."""
        number = self._class_of(coin)
        found = [
            Member(place, True, row["lots_max"], row["mark_max"])
            for place, row in enumerate(self.rows.values(), 1 + len(self.coins))
            if row["risk_class"] == number
        ]
        return found or [Member(NO_INSTRUMENT, True, 1, self.ground.row(coin + SYMBOL_OF_PERP)["mark_max"])]

    def _account(self) -> Tables:
        """Small tables with the account as it stands."""
        book = self.book
        cash = whole(book.cash, TOKENS, "cash")
        if abs(cash) > MICROS_MAX:
            raise NotCovered(f"cash: {book.cash:f} is more than the engine holds")
        account = changed(apart(self.pool.tables), cash=cash)
        account = in_mode(account, MODE_PORTFOLIO if self.ground.portfolio else MODE_STANDARD)
        for name, quantity in book.collateral.items():
            account = changed(account, self._listed(name).number, lots=self._lots(name, quantity))
        for position in book.positions:
            one = self._listed(position.instrument)
            lots = self._lots(position.instrument, position.quantity)
            cost = -(
                -lots * one.micros(position.entry, "entry") // int(self.pool.tables.instruments[one.number]["unit"])
            )
            account = changed(account, one.number, lots=lots, cost=cost)
        for listed in self._options:
            account = changed(account, self.pool.instrument(listed.option.name).number, lots=listed.lots)
        for order in book.orders:
            one = self._listed(order.instrument)
            lots = self._lots(order.instrument, order.quantity)
            account = after_order(account, one.number, lots, one.micros(order.price))
        if array_of(account.holdings).size > HOLDINGS_PER_ACCOUNT_MAX:
            raise NotCovered(f"an account of the engine has at most {HOLDINGS_PER_ACCOUNT_MAX} instruments")
        if book.leverage_cap is None:
            return account
        return with_limit(account, leverage_rate(book.leverage_cap, "leverage_cap"))

    def _listed(self, name: str) -> Instrument:
        return self.pool.instrument(self.symbols[name])


def _tokens_of(mark: int) -> Decimal:
    """The price of a mark in micros per coin."""
    return Decimal(mark).scaleb(-6)
