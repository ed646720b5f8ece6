"""Portfolio margin, §5: from scans and add-ons to MM and IM."""

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .addons import confidence_addon, floor_addon, greeks_addon, linear_addon, option_addon
from .classes import RiskClass
from .numbers import ceil, floor
from .scan import Leg, Scan, aggregate, as_held, legs_of, scan, to_micros_up
from .state import Account, Holding, Instrument, State
from .terms import asset_terms, notional, standard_terms, with_depeg


def peg(state: State, cls: RiskClass) -> int:
    missing = max(0, state.policy["depeg_threshold"] - state.instruments[0].mark * 1000)
    return floor(missing * cls.depeg_factor, PPB)


def factor(state: State, cls: RiskClass, side: str) -> int:
    return cls.factors[f"factor_{side}"] + (peg(state, cls) if side == "initial" else 0)


def offset(state: State, classes: dict[int, RiskClass]) -> int:
    """λ, where it applies: more than one class, all with as many scenarios."""
    same = len({cls.scenarios for cls in classes.values()}) == 1
    return state.policy["class_offset"] if len(classes) > 1 and same else 0


def joint_loss(classes: dict[int, RiskClass], scans: dict[int, Scan]) -> int:
    """J: the loss of all classes together in one scenario, by the rule of the first class."""
    first = classes[min(classes)]
    losses = [
        max(0, -sum(floor(scans[c].profits[s] * cls.quantum, cls.unit) for c, cls in classes.items()))
        for s in range(first.scenarios)
    ]
    of_basis = sum(to_micros_up(cls, scans[c].basis) for c, cls in classes.items())
    return max(aggregate(losses, first.aggregation, first.tail), of_basis)


def of_class(state: State, cls: RiskClass, legs: list[Leg], side: str, share: int) -> int:
    """MM[c] or IM[c], of which `share` is left to what the classes lose together."""
    addons = linear_addon(state, cls, legs, side) + option_addon(state, cls, legs, side)
    inside, outside = (addons, 0) if cls.addons_inside else (0, addons)
    outside += greeks_addon(state, cls, legs)
    if side == "initial":
        outside += confidence_addon(state, cls, legs)
    loss = ceil(to_micros_up(cls, scan(cls, legs).loss) * (PPB - share), PPB)
    scanned = max(loss, floor_addon(state, cls, legs))
    return ceil((scanned + inside) * factor(state, cls, side), PPB) + outside


def of_classes(state: State, account: Account, side: str) -> int:
    """The sum of MM[c] or IM[c] over the classes held: with open orders or without, whichever is worse."""
    legs = legs_of(state, account, side)
    held = {c: as_held(of_c) for c, of_c in legs.items()}
    classes = {c: state.classes[c] for c in legs}
    share = offset(state, classes)
    total = sum(max(of_class(state, cls, book[c], side, share) for book in (legs, held)) for c, cls in classes.items())
    if share > 0:
        largest = max(factor(state, cls, side) for cls in classes.values())
        books = [{c: scan(cls, book[c]) for c, cls in classes.items()} for book in (legs, held)]
        joint = max(joint_loss(classes, scans) for scans in books)
        total += ceil(ceil(joint * share, PPB) * largest, PPB)
    return total


def requirements(state: State, account: Account) -> tuple[int, int]:
    """(MM, IM) of a portfolio account."""
    mm = of_classes(state, account, "maintenance")
    im = terms = leverage = reserved = 0
    for number, held in account.holdings.items():
        row = state.instruments[number]
        mm_part, im_part = other_terms(state, row, held)
        mm += mm_part
        terms += im_part
        if has_table(state, row):
            reserved += held.reserved
        if row.kind in (m.KIND_PERP, m.KIND_FUTURE):
            leverage += ceil(notional(row, held.worst_lots()) * account.leverage_rate, PPB)
    im = of_classes(state, account, "initial") + with_depeg(state, terms) + reserved
    return mm, max(mm, im, leverage)


def has_table(state: State, row: Instrument) -> bool:
    """Whether the scenarios of the instrument's class say what it may lose."""
    return row.risk_class > 0 and state.classes[row.risk_class].time > 0


def unjudged(state: State, account: Account) -> int:
    """What is forbidden while a class has no table and a contract or option of it is held: everything."""
    rows = [state.instruments[number] for number, held in account.holdings.items() if not held.is_empty()]
    missing = any(row.risk_class > 0 and not row.is_asset and not has_table(state, row) for row in rows)
    return m.ACTION_ALL if missing else 0


def other_terms(state: State, row: Instrument, held: Holding) -> tuple[int, int]:
    """The standard terms of what has no scenarios, and the haircut of what is an asset of a class."""
    if not has_table(state, row):
        return (0, held.reserved) if row.is_option else standard_terms(state, row, held)
    if not row.is_asset:
        return 0, 0
    cls = state.classes[row.risk_class]
    mark = state.instruments[cls.underlying].mark if cls.assets_at_underlying else row.mark
    return asset_terms(row, held, mark)
