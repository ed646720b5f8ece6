"""Rows that few accounts have: cases, stakes and seals. Rows of each table are used again, the one freed last first.

Row 0 of each stands for none, so that a list ends with 0 and an account without a case has the case 0.
"""

from plimsoll.book.layout import Pool
from plimsoll.units.jit import command, rule


@command
def open_case(pool: Pool, account: int) -> int:
    """The case of an account, made if it has none."""
    row = pool.accounts[account]["case"]
    if row != 0:
        return row
    totals = pool.totals[0]
    row = totals["cases_free"]
    if row != 0:
        totals["cases_free"] = pool.cases[row]["next"]
        pool.cases[row]["next"] = 0
    else:
        row = totals["cases"]
        if row >= pool.cases.size:
            raise IndexError("cases must fit the table the host made room in")
        totals["cases"] = row + 1
    pool.cases[row]["account"] = account
    pool.accounts[account]["case"] = row
    return row


@rule
def is_only_remembered(pool: Pool, row: int) -> bool:
    """Whether a case says nothing but of a call, and what stakes there are."""
    case = pool.cases[row]
    of_slices = case["reserved_cash"] | case["slice_since"] | case["insolvent_since"] | case["batch"] | case["seals"]
    of_auction = case["auction_instrument"] | case["auction_top"] | case["auction_since"]
    of_keeper = case["keeper"] | case["keeper_due"]
    return of_slices | of_auction | of_keeper | case["endorsed"] == 0


@rule
def is_empty_case(pool: Pool, row: int) -> bool:
    """Whether a case says nothing."""
    case = pool.cases[row]
    return case["called_since"] | case["call_ended"] | case["stakes"] == 0 and is_only_remembered(pool, row)


@command
def close_case(pool: Pool, account: int) -> None:
    """Free the case of an account if it says nothing any more."""
    row = pool.accounts[account]["case"]
    if row == 0 or not is_empty_case(pool, row):
        return
    totals = pool.totals[0]
    pool.cases[row]["account"] = 0
    pool.cases[row]["next"] = totals["cases_free"]
    totals["cases_free"] = row
    pool.accounts[account]["case"] = 0


@rule
def forget_auction(pool: Pool, account: int, instrument: int) -> None:
    """Where all that a collateral auction sells is gone there is none."""
    case = pool.cases[pool.accounts[account]["case"]]
    if case["auction_instrument"] == instrument:
        case["auction_instrument"] = 0
        case["auction_top"] = 0
        case["auction_since"] = 0
        case["keeper"] = 0
        case["keeper_due"] = 0


@command
def new_stake(pool: Pool, account: int, pot: int) -> int:
    """A stake of an account in a pot's present epoch, last in the account's list."""
    totals = pool.totals[0]
    row = totals["stakes_free"]
    if row != 0:
        totals["stakes_free"] = pool.stakes[row]["next"]
        pool.stakes[row]["next"] = 0
    else:
        row = totals["stakes"]
        if row >= pool.stakes.size:
            raise IndexError("stakes must fit the table the host made room in")
        totals["stakes"] = row + 1
    stake = pool.stakes[row]
    stake["account"] = account
    stake["pot"] = pot
    stake["epoch"] = pool.pots[pot]["epoch"]
    case = open_case(pool, account)
    if pool.cases[case]["stakes"] == 0:
        pool.cases[case]["stakes"] = row
        return row
    last = pool.cases[case]["stakes"]
    while pool.stakes[last]["next"] != 0:
        last = pool.stakes[last]["next"]
    pool.stakes[last]["next"] = row
    return row


@command
def find_stake(pool: Pool, account: int, pot: int) -> int:
    """The stake of an account in a pot, of whatever epoch; 0 for none."""
    case = pool.accounts[account]["case"]
    if case == 0:
        return 0
    row = pool.cases[case]["stakes"]
    while row != 0 and pool.stakes[row]["pot"] != pot:
        row = pool.stakes[row]["next"]
    return row


@command
def free_stake(pool: Pool, row: int) -> None:
    """Take a stake out of its account's list and free its row, and the case if it has nothing else."""
    stake = pool.stakes[row]
    account = stake["account"]
    case = pool.cases[pool.accounts[account]["case"]]
    if case["stakes"] == row:
        case["stakes"] = stake["next"]
    else:
        before = case["stakes"]
        while pool.stakes[before]["next"] != row:
            before = pool.stakes[before]["next"]
        pool.stakes[before]["next"] = stake["next"]
    stake["account"] = 0
    stake["pot"] = 0
    stake["epoch"] = 0
    stake["shares"] = 0
    stake["unbonding"] = 0
    stake["release_time"] = 0
    stake["behind"] = 0
    stake["next"] = pool.totals[0]["stakes_free"]
    pool.totals[0]["stakes_free"] = row
    close_case(pool, account)


@command
def new_seal(pool: Pool, account: int, bidder: int) -> int:
    """A sealed bid on an account that has a case, last in its list."""
    totals = pool.totals[0]
    row = totals["seals_free"]
    if row != 0:
        totals["seals_free"] = pool.seals[row]["next"]
        pool.seals[row]["next"] = 0
    else:
        row = totals["seals"]
        if row >= pool.seals.size:
            raise IndexError("seals must fit the table the host made room in")
        totals["seals"] = row + 1
    pool.seals[row]["account"] = account
    pool.seals[row]["bidder"] = bidder
    case = pool.cases[pool.accounts[account]["case"]]
    if case["seals"] == 0:
        case["seals"] = row
        return row
    last = case["seals"]
    while pool.seals[last]["next"] != 0:
        last = pool.seals[last]["next"]
    pool.seals[last]["next"] = row
    return row


@command
def has_seal_out(pool: Pool, bidder: int) -> bool:
    """Whether a sealed bid of an account is open: a bond may come back to it, or a slice; a pass over all seals."""
    for row in range(1, pool.totals[0]["seals"]):
        if pool.seals[row]["bidder"] == bidder:
            return True
    return False


@command
def free_seals(pool: Pool, account: int) -> None:
    """Free every seal of an account, the first of the list first."""
    case = pool.cases[pool.accounts[account]["case"]]
    row = case["seals"]
    case["seals"] = 0
    while row != 0:
        seal = pool.seals[row]
        following = seal["next"]
        seal["account"] = 0
        seal["bidder"] = 0
        seal["word_1"] = 0
        seal["word_2"] = 0
        seal["word_3"] = 0
        seal["word_4"] = 0
        seal["bond"] = 0
        seal["part"] = 0
        seal["discount"] = 0
        seal["revealed"] = 0
        seal["next"] = pool.totals[0]["seals_free"]
        pool.totals[0]["seals_free"] = row
        row = following
