"""What can be known from events: cash, holdings, vaults; and the identities that must hold between them.

Symbols: V cash of the vault, V_i lots of asset i in the vault, lots and cost as in the holdings of all accounts.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, NAMED_FEES, NAMED_FUND

SETTLEMENT_TOKEN = 0
NOTHING = (0, 0)
NOBODY = -1

Holding = tuple[int, int]
"""Lots and cost."""


@dataclass
class Books:
    """The books of a pool. Accounts, holdings and vaults that are not there are zero."""

    cash: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Micros of each account, the named ones included."""
    holdings: dict[tuple[int, int], Holding] = field(default_factory=dict)
    """(account, instrument) -> (lots, cost); holdings with neither lots nor cost are left out."""
    vaults: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """What the pool keeps: micros of instrument 0, lots of each asset. Deposits and suspended deposits less
    withdrawals paid and what was written down."""
    shares: dict[tuple[int, int], int] = field(default_factory=dict)
    """(account, pot) -> shares of the pot's present epoch; those without any are left out."""
    kinds: dict[int, int] = field(default_factory=lambda: {SETTLEMENT_TOKEN: KIND_ASSET})
    """Kind of each instrument that was listed."""

    @property
    def fund(self) -> int:
        """Cash of the insurance fund."""
        return self.cash.get(NAMED_FUND, 0)

    @property
    def fees(self) -> int:
        """Fees the venue has earned and not yet moved."""
        return self.cash.get(NAMED_FEES, 0)

    def open_interest(self) -> dict[int, int]:
        """Sum of positive lots of every contract somebody holds."""
        found: dict[int, int] = defaultdict(int)
        for (_, instrument), (lots, _) in self.holdings.items():
            if lots > 0 and self.kinds.get(instrument) != KIND_ASSET:
                found[instrument] += lots
        return dict(found)

    def change_shares(self, account: int, pot: int, shares: int) -> None:
        """Enter a change of somebody's shares in a pot; of nobody's (-1): all of them are void."""
        if account == NOBODY:
            self.shares = {key: held for key, held in self.shares.items() if key[1] != pot}
            return
        now = self.shares.get((account, pot), 0) + shares
        if now:
            self.shares[account, pot] = now
        else:
            self.shares.pop((account, pot), None)

    def shares_of(self, pot: int) -> int:
        """Sum of the shares of a pot."""
        return sum(held for (_, number), held in self.shares.items() if number == pot)

    def balance(self) -> int:
        """Σ cash - V - Σ cost: 0 after every command."""
        cost = sum(cost for _, cost in self.holdings.values())
        return sum(self.cash.values()) - self.vaults.get(SETTLEMENT_TOKEN, 0) - cost

    def broken_identities(self) -> list[str]:
        """Every identity that does not hold, as a sentence with its numbers."""
        broken = []
        sums: dict[int, int] = defaultdict(int)
        for (account, instrument), (lots, cost) in self.holdings.items():
            sums[instrument] += lots
            where = f"account={account} instrument={instrument}"
            if instrument == SETTLEMENT_TOKEN or instrument not in self.kinds:
                broken.append(f"holding_must_be_of_a_listed_instrument: {where} lots={lots} cost={cost}")
            elif self.kinds[instrument] == KIND_ASSET and (lots < 0 or cost != 0):
                broken.append(f"asset_must_be_paid_for_and_not_short: {where} lots={lots} cost={cost}")
            elif self.kinds[instrument] == KIND_OPTION and cost != 0:
                broken.append(f"option_must_be_paid_for: {where} lots={lots} cost={cost}")
            elif lots == 0:
                broken.append(f"cost_must_be_realised_with_the_last_lot: {where} cost={cost}")
        for instrument, kind in self.kinds.items():
            lots, vault = sums[instrument], self.vaults.get(instrument, 0)
            where = f"instrument={instrument} lots={lots}"
            if instrument == SETTLEMENT_TOKEN:
                continue
            if kind != KIND_ASSET and lots != 0:
                broken.append(f"lots_of_a_contract_must_sum_to_zero: {where}")
            if kind == KIND_ASSET and lots != vault:
                broken.append(f"lots_of_an_asset_must_be_in_the_vault: {where} vault={vault}")
        for (account, pot), held in self.shares.items():
            if held < 0:
                broken.append(f"shares_must_not_be_short: account={account} pot={pot} shares={held}")
        balance = self.balance()
        if balance != 0:
            vault = self.vaults.get(SETTLEMENT_TOKEN, 0)
            cash = sum(self.cash.values())
            broken.append(f"cash_must_equal_vault_plus_costs: cash={cash} vault={vault} costs={cash - vault - balance}")
        return broken
