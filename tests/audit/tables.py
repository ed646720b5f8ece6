"""What the engine's tables say, as the plain mappings an auditor is compared with."""

from plimsoll.audit import Auditor
from plimsoll.engine import Engine
from plimsoll.units.messages import KIND_ASSET


def cash_of(engine: Engine) -> dict[int, int]:
    count = int(engine.pool.totals[0]["accounts"])
    return dict(enumerate(engine.pool.accounts[:count]["cash"].tolist()))


def holdings_of(engine: Engine) -> dict[tuple[int, int], tuple[int, int]]:
    """Rows with lots or cost; a row that only has open orders is nobody's money."""
    count = int(engine.pool.totals[0]["accounts"])
    blocks = engine.pool.accounts[:count][["start", "count"]].tolist()
    rows = engine.pool.holdings[["instrument", "lots", "cost"]].tolist()
    found = {}
    for account, (start, held) in enumerate(blocks):
        for instrument, lots, cost in rows[start : start + held]:
            if lots or cost:
                found[account, instrument] = (lots, cost)
    return found


def vaults_of(engine: Engine) -> dict[int, int]:
    count = int(engine.pool.totals[0]["instruments"])
    vaults = dict(enumerate(engine.pool.instruments[:count]["vault"].tolist()))
    return {**vaults, 0: int(engine.pool.totals[0]["vault"])}


def open_interest_of(engine: Engine) -> dict[int, int]:
    count = int(engine.pool.totals[0]["instruments"])
    rows = engine.pool.instruments[:count][["kind", "open_lots"]].tolist()
    return {number: lots for number, (kind, lots) in enumerate(rows) if kind != KIND_ASSET}


def shares_of(engine: Engine) -> dict[tuple[int, int], int]:
    """Stakes of the present epoch of their pot; older ones are worth nothing."""
    count = int(engine.pool.totals[0]["stakes"])
    epochs = engine.pool.pots["epoch"].tolist()
    rows = engine.pool.stakes[:count][["account", "pot", "epoch", "shares"]].tolist()
    return {(account, pot): shares for account, pot, epoch, shares in rows if shares and epoch == epochs[pot]}


def differences(auditor: Auditor, engine: Engine) -> list[str]:
    """Where the auditor's books and the engine's tables differ."""
    tables = cash_of(engine), holdings_of(engine), vaults_of(engine), open_interest_of(engine), shares_of(engine)
    return auditor.differences(*tables)
