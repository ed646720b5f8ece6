"""Pools with one class whose numbers can be worked by hand."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .build import ASSET, HOUR, OPTION, TOKEN, Pool
from .classes import PUT
from .margin import figures
from .scan import legs_of, scan

FULL = (PPB, 0, 0)
CENT = TOKEN // 100


def pool_with(rows, **changes):
    """A spot at 100 (instrument 1) and a class on it, at one hour."""
    pool = Pool()
    pool.tick(HOUR)
    assert pool.list(ASSET, 100 * TOKEN) == 1
    assert pool.publish_class(rows, **changes) == codes.OK
    return pool


def hold(pool, account, instrument, lots):
    """Lots by hand: what trading does is another matter."""
    pool.model.accounts[account].open_row(instrument).lots = lots


def scan_of(pool, account, side="maintenance", number=1):
    legs = legs_of(pool.model, pool.model.accounts[account], side)[number]
    return scan(pool.model.classes[number], legs)


def figures_of(pool, account):
    return figures(pool.model, pool.model.accounts[account])


def portfolio_account(pool, cash=1_000 * TOKEN):
    return pool.open(cash, mode=m.MODE_PORTFOLIO)


def option(pool, strike=100, **changes):
    return pool.list(OPTION, strike=strike * TOKEN, **changes)


HALF, QUARTER = PPB // 2, PPB // 4


def grouped_pool(rows, plus=PPB, minus=PPB, basis=0, **changes):
    """A call and a put of one group: 6 and 5, worth 2 and 20 in the first scenario, 26 and 1 in the second."""
    pool = pool_with(rows, grouped=1, **changes)
    call, put = option(pool), option(pool, option_type=PUT)
    words = {
        call: (6 * TOKEN, 7 * TOKEN, 4 * TOKEN, HALF, TOKEN, TOKEN // 5, 2 * TOKEN, 26 * TOKEN),
        put: (5 * TOKEN, 4 * TOKEN, 7 * TOKEN, -HALF, TOKEN, TOKEN // 5, 20 * TOKEN, 1 * TOKEN),
    }
    groups = {1: (plus, minus, basis, PPB, 100 * TOKEN)}
    assert pool.publish_arrays((-QUARTER, QUARTER), words, groups) == codes.OK
    return pool, call, put
