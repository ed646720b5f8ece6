"""Derive's cash asset over time: balances that earn and owe interest, cash printed and burned by settlements, losses.

Amounts are floats in tokens, as the interest factor is; rates and indices are those of ``derive_feeds``. Interest
accrues before anything else happens; its cut for the security module is the module's after every step. A loss is paid
by the module, the rest of it socialised: printed, covered by fees not yet handed over, or by the exchange rate.
Source: CashAsset and SecurityModule of derivexyz/v2-core at 7736900.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from plimsoll.presets import derive_feeds as feeds
from plimsoll.presets.rounding import require

ALL = Fraction(1)


@dataclass
class CashPool:
    """Who has what (negative: owes), the stablecoins held for it, and cash printed (positive) or burned so far."""

    rates: feeds.InterestRates
    module_share: Fraction
    balances: dict[str, float]
    module: str
    stable: float
    net_settled: float = 0.0
    fees: float = field(default=0.0, init=False)
    withdraw_fee: bool = field(default=False, init=False)

    @property
    def supply(self) -> float:
        """What is owed to accounts."""
        return sum(one for one in self.balances.values() if one > 0)

    @property
    def borrowed(self) -> float:
        """What accounts owe."""
        return -sum(one for one in self.balances.values() if one < 0)

    @property
    def utilisation(self) -> Fraction:
        """Share of supply that is borrowed; burned cash counts as supply."""
        return feeds.utilisation(*map(Fraction, (self.supply, self.borrowed, self.net_settled)))

    @property
    def borrow_rate(self) -> Fraction:
        """What borrowers pay, a year."""
        return feeds.borrow_rate(self.rates, self.utilisation)

    @property
    def exchange_rate(self) -> Fraction:
        """Stablecoins a unit of cash is worth."""
        return feeds.exchange_rate(
            *map(Fraction, (self.stable, self.supply, self.borrowed, self.fees, self.net_settled))
        )

    def accrue(self, seconds: int) -> None:
        """Interest of so many seconds: each side in proportion. Withdrawals at a discount give it all to the module."""
        if seconds == 0 or self.borrowed == 0:
            return
        factor = feeds.interest_factor(self.borrow_rate, seconds)
        share = ALL if self.withdraw_fee else self.module_share
        interest, to_module = feeds.accrued(Fraction(self.borrowed), factor, share)
        supply = self.supply
        grown = 1.0 + (interest - to_module) / supply if supply else 1.0
        self.balances = {name: one * (1.0 + factor if one < 0 else grown) for name, one in self.balances.items()}
        self.fees += to_module

    def pay(self, payer: str, receiver: str, amount: float) -> None:
        """Move cash between accounts (a negative amount the other way)."""
        self.balances[payer] -= amount
        self.balances[receiver] += amount

    def settle(self, name: str, amount: float) -> None:
        """Cash printed for an account's profit, or burned for its loss."""
        self.balances[name] += amount
        self.net_settled += amount

    def withdraw(self, name: str, amount: float) -> None:
        """Take stablecoins out; below an exchange rate of 1 that burns more cash than it pays."""
        self.balances[name] -= amount / float(self.exchange_rate)
        self.stable -= amount

    def cover_loss(self, name: str, loss: float) -> None:
        """Cash for an insolvent account: the module's, the rest printed."""
        require(loss >= 0, "a loss must not be negative")
        paid = float(feeds.module_payout(Fraction(max(self.balances[self.module], 0.0)), Fraction(loss)).paid)
        self.balances[self.module] -= paid
        self.balances[name] += loss
        if loss > paid:
            self.fees = float(feeds.fees_after_loss(Fraction(self.fees), Fraction(loss - paid)))
            self.withdraw_fee = self.exchange_rate < 1

    def hand_over_fees(self) -> None:
        """The module's cut of interest becomes its balance."""
        self.balances[self.module] += self.fees
        self.fees = 0.0
