"""Mistakes about who. Each function is named after the rule it breaks."""

from plimsoll.sim.world.mistakes.slip import Slip
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB
from plimsoll.units.messages import (
    COMMAND_CLOSE_ACCOUNT,
    COMMAND_DEPOSIT,
    COMMAND_FILL,
    COMMAND_OPEN_ACCOUNT,
    COMMAND_REALISE,
    COMMAND_RESERVE,
    COMMAND_SET_LIMITS,
    COMMAND_TRANSFER,
    COMMAND_WITHDRAW,
    KIND_ASSET,
    MODE_STANDARD,
    NAMED_FEES,
    NAMED_FUND,
)

NOWHERE = 50


def account_must_exist(slip: Slip) -> None:
    """An account nobody opened."""
    slip.out.send(COMMAND_WITHDRAW, account=slip.sight.count + NOWHERE, amount=1)


def account_must_be_free(slip: Slip) -> None:
    """A number somebody has."""
    slip.out.send(COMMAND_OPEN_ACCOUNT, account=slip.account, counterparty=slip.owner, flags=MODE_STANDARD)


def account_must_be_empty(slip: Slip) -> None:
    """Closing what is not empty."""
    slip.out.send(COMMAND_CLOSE_ACCOUNT, account=slip.pick(slip.sight.makers))


def account_must_not_be_named(slip: Slip) -> None:
    """Taking from the fund."""
    slip.out.send(COMMAND_WITHDRAW, account=NAMED_FUND, amount=1)


def account_must_allow_instrument(slip: Slip) -> None:
    """Another instrument in an isolated account."""
    owner = int(slip.sight.accounts["owner"][slip.isolated])
    slip.out.send(COMMAND_DEPOSIT, account=slip.isolated, counterparty=owner, instrument=slip.asset, lots=1, amount=1)


def counterparty_must_allow_instrument(slip: Slip) -> None:
    """An isolated account on the other side."""
    own = int(slip.sight.accounts["isolated"][slip.isolated])
    number = slip.pick([one for one in slip.sight.contracts if one != own], slip.contract)
    lots, price = slip.small(number), max(1, int(slip.sight.marks[number]))
    maker = slip.pick(slip.sight.makers)
    slip.out.send(COMMAND_FILL, account=maker, counterparty=slip.isolated, instrument=number, lots=lots, price=price)


def accounts_must_differ(slip: Slip) -> None:
    """A transfer to oneself."""
    slip.out.send(COMMAND_TRANSFER, account=slip.account, counterparty=slip.account, amount=1)


def counterparty_must_exist(slip: Slip) -> None:
    """A transfer to nobody."""
    slip.out.send(COMMAND_TRANSFER, account=slip.account, counterparty=slip.sight.count + NOWHERE, amount=1)


def counterparty_must_not_be_named(slip: Slip) -> None:
    """A present to the venue."""
    slip.out.send(COMMAND_TRANSFER, account=slip.account, counterparty=NAMED_FEES, amount=1)


def owner_must_be_positive(slip: Slip) -> None:
    """An account of nobody."""
    slip.out.send(COMMAND_OPEN_ACCOUNT, account=slip.sight.count, flags=MODE_STANDARD)


def owners_must_match(slip: Slip) -> None:
    """A transfer to somebody else."""
    slip.out.send(COMMAND_TRANSFER, account=slip.account, counterparty=slip.other, amount=1)


def owners_must_differ(slip: Slip) -> None:
    """A trade with oneself."""
    one, two = slip.twin
    fields = {"instrument": slip.contract, "lots": slip.small(slip.contract), "price": slip.price}
    slip.out.send(COMMAND_FILL, account=one, counterparty=two, **fields)


def mode_must_be_known(slip: Slip) -> None:
    """A margin mode that does not exist."""
    slip.out.send(COMMAND_OPEN_ACCOUNT, account=slip.sight.count, counterparty=slip.owner, flags=7)


def holdings_must_fit(slip: Slip) -> None:
    """One holding more than an account has room for; where there are enough things to hold."""
    assets = slip.of_kind(KIND_ASSET)
    if len(assets) <= HOLDINGS_PER_ACCOUNT_MAX:
        return
    hoarder = slip.sight.makers[-1]
    owner = int(slip.sight.accounts["owner"][hoarder])
    missing = [number for number in assets if slip.sight.held[hoarder, number] == 0]
    for number in missing:
        slip.out.send(COMMAND_DEPOSIT, account=hoarder, counterparty=owner, instrument=number, lots=1)


def counterparty_holdings_must_fit(slip: Slip) -> None:
    """A trade with somebody who has no room; where somebody hoards."""
    counts = slip.sight.accounts["count"]
    full = [one for one in slip.sight.makers if counts[one] >= HOLDINGS_PER_ACCOUNT_MAX]
    held = slip.sight.held
    for maker in full:
        for number in [one for one in slip.sight.contracts if held[maker, one] == 0][:1]:
            fields = {"instrument": number, "lots": slip.small(number), "price": int(slip.sight.marks[number])}
            taker = slip.account if slip.account != maker else slip.other
            slip.out.send(COMMAND_FILL, account=taker, counterparty=maker, **fields)
            slip.out.send(COMMAND_RESERVE, account=maker, **fields)


def holding_must_be_opened_by_owner(slip: Slip) -> None:
    """Somebody else's coins for an account that has none."""
    free = [one for one in slip.sight.owned.tolist() if slip.sight.held[one, slip.asset] == 0]
    lots = max(1, slip.sight.lots_worth(slip.asset, 10**7))
    fields = {"counterparty": 5, "instrument": slip.asset, "lots": lots}
    slip.out.send(COMMAND_DEPOSIT, account=slip.pick(free, slip.account), **fields)


def holding_must_exist(slip: Slip) -> None:
    """Realising nothing."""
    flat = [one for one in slip.sight.owned.tolist() if slip.sight.lots[one, slip.contract] == 0]
    slip.out.send(COMMAND_REALISE, account=slip.pick(flat, slip.account), instrument=slip.contract)


def operator_must_act(slip: Slip) -> None:
    """The venue's money, without being the venue."""
    slip.out.send(COMMAND_TRANSFER, account=NAMED_FEES, counterparty=slip.account, amount=1)


def leverage_cap_must_be_within_limit(slip: Slip) -> None:
    """A cap of a third."""
    slip.out.send(COMMAND_SET_LIMITS, account=slip.account, amount=3 * PPB)


def trigger_must_be_within_limit(slip: Slip) -> None:
    """A trigger no account is below."""
    slip.out.send(COMMAND_SET_LIMITS, account=slip.account, price=6 * PPB)
