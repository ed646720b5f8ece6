"""A crash short enough for tests: real candles of five minutes, two symbols, a third down and half of it back."""

from importlib import resources
from pathlib import Path

SMALL_TRANCHES = {'staked = "1000000"': 'staked = "2000"', 'staked = "3000000"': 'staked = "4000"'}
PARTS = [(100, 98), (98, 90), (90, 80), (80, 66), (66, 75), (75, 82)]


def crash_of_an_hour(folder: Path, prices: dict[str, float] | None = None) -> Path:
    """Write the candles; ``prices`` are those at the start, by symbol."""
    lines = ["ts,symbol,open,high,low,close"]
    for symbol, price in (prices or {"BTCUSDT": 8000.0, "ETHUSDT": 200.0}).items():
        for place, (first, last) in enumerate(PARTS):
            opened, closed = price * first / 100, price * last / 100
            high, low = max(opened, closed) * 1.005, min(opened, closed) * 0.995
            lines.append(f"{1_584_000_000 + 300 * place},{symbol},{opened:.2f},{high:.2f},{low:.2f},{closed:.2f}")
    path = folder / "crash.csv"
    path.write_text("\n".join(lines))
    return path


def pool_of_small_tranches(folder: Path) -> Path:
    """The default pool with tranches of 2000 and 4000 tokens."""
    text = (resources.files("plimsoll.sim") / "data" / "default_pool.toml").read_text()
    for given, smaller in SMALL_TRANCHES.items():
        # The senior tranche is the first that stakes three millions.
        text = text.replace(given, smaller, 1)
    path = folder / "small_tranches.toml"
    path.write_text(text)
    return path
