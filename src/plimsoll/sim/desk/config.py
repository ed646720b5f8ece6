"""What the desk is made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeskConfig:
    """Shares are of 1, sizes in tokens, vols per root year; strikes and moves as fractions of the first price."""

    coin: str = "BTC"
    accounts_share: float = 0.03
    """Accounts of the desk, in proportion to the population; they come on top of it."""
    accounts_min: int = 12
    makers: int = 4
    """Accounts that take the other side of every option, hedged with perpetuals."""
    covered_share: float = 0.3
    sellers_share: float = 0.3
    """Sellers of strangles, hedged; the rest holds spreads."""
    size_median: float = 12_000.0
    size_spread: float = 1.0
    size_min: float = 800.0
    size_max: float = 400_000.0
    headroom_min: float = 1.15
    headroom_max: float = 2.5
    """What an account keeps of its initial margin after the opening."""
    strikes: tuple[float, ...] = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
    strike_step: int = 250
    hedge_minutes: float = 10.0
    hedge_band: float = 0.05
    """Delta is brought back to nothing when it is more than this share of the options held."""
    trades_per_minute: float = 0.002
    half_spread: float = 0.02
    refresh_move: float = 0.02
    refresh_age_seconds: float = 3_600.0
    vol_long: float = 0.8
    vol_days: float = 10.0
    """Time in which the level of vol returns to its long value."""
    vol_memory_hours: float = 12.0
    vol_min: float = 0.3
    vol_max: float = 4.0
