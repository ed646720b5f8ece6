"""A preset as far as every portfolio shares it: its listings, and what of a book its venue knows."""

from collections import Counter
from decimal import Decimal
from typing import Final

from plimsoll.presets.compare.book import Book, NotCovered
from plimsoll.presets.compare.classes import RULES
from plimsoll.presets.preset import SYMBOL_OF_PERP, Preset

WRAPPED: Final = {"BTC": "cbBTC", "ETH": "WETH"}
"""What a venue on a chain takes for the coin itself."""
PEG: Final = Decimal(1)


class Ground:
    """A preset's listings, read back once from a pool of it; ``rules`` of its classes, None for a venue of perps."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.rules = RULES.get(preset.name)
        with preset.open() as pool:
            self._listings = {name: (one.lot, one.parameters) for name, one in pool.instruments.items()}

    @property
    def portfolio(self) -> bool:
        """Whether accounts are in portfolio mode."""
        return self.rules is not None and self.rules.portfolio

    def lot(self, symbol: str) -> Decimal:
        """Coins in a lot."""
        return self._listings[symbol][0]

    def row(self, symbol: str) -> dict[str, int]:
        """The listing in the engine's integers, a copy."""
        return dict(self._listings[symbol][1])

    def is_contract(self, symbol: str) -> bool:
        """Whether the symbol is a perpetual of the preset."""
        return symbol in self.preset.instruments

    def has_class(self, coin: str) -> bool:
        """Whether the preset has a risk class for the coin."""
        return self.rules is not None and self.is_contract(coin + SYMBOL_OF_PERP)

    def symbols(self, book: Book) -> dict[str, str]:
        """The preset's symbol for every contract and asset of the book; NotCovered for what its venue does not have."""
        found = {name: self._contract(name) for name in book.contracts}
        found |= {name: self._asset(name) for name in book.collateral}
        (symbol, times), *_ = Counter(found.values()).most_common(1) or [("", 0)]
        if times > 1:
            raise NotCovered(f"collateral: {symbol} is there twice; to this venue they are the same")
        for coin in dict.fromkeys(one.coin for one in book.options):
            if self.rules is None:
                raise NotCovered("it lists no options")
            if not self.has_class(coin):
                raise NotCovered(f"it lists no options on {coin}")
        self._require_rules_hold(book)
        return found

    def _contract(self, name: str) -> str:
        if not self.is_contract(name):
            raise NotCovered(f"{name} is not listed; contracts: {', '.join(self.preset.instruments)}")
        return name

    def _asset(self, name: str) -> str:
        symbol = name if name in self.preset.collateral else WRAPPED.get(name, name)
        if symbol not in self.preset.collateral:
            taken = ", ".join(self.preset.collateral)
            raise NotCovered(f"{name} is no collateral; " + (f"it takes {taken} and cash" if taken else "only cash is"))
        return symbol

    def _require_rules_hold(self, book: Book) -> None:
        """What the preset's parameters would misstate is not covered."""
        rules = self.rules
        if rules is None:
            return
        if rules.one_market and len(book.coins) > 1:
            raise NotCovered(f"an account has one market; {' and '.join(book.coins)} need an account each")
        if rules.haircut_at_peg and book.collateral and book.settlement_price != PEG:
            raise NotCovered("its haircuts follow the settlement token's price; those listed are for a price of 1")
