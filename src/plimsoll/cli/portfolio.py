"""A portfolio file: what may be in it, read exactly (1.5 is never a float), and refused in one line."""

import json
import tomllib
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from plimsoll.venue.decimals import decimal_of
from plimsoll.venue.errors import InputRefused
from plimsoll.venue.parameters import ListingParameters, PolicyParameters

FILE_BYTES_MAX: Final = 4 * 2**20
ROWS_MAX: Final = 1_000


def _exact(value: Any) -> Decimal:
    try:
        return decimal_of(value, "value")
    except (TypeError, InputRefused) as error:
        raise ValueError(str(error).removeprefix("value: ")) from None


Exact = Annotated[Decimal, BeforeValidator(_exact)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PositionPart(_Part):
    """A position in a contract: coins (negative: short) and the average price they were entered at."""

    instrument: Name
    quantity: Exact
    entry: Exact


class OrderPart(_Part):
    """An open order: coins (negative: an ask) and its price."""

    instrument: Name
    quantity: Exact
    price: Exact


class OptionPart(_Part):
    """A European option, for ``plimsoll compare``: its name, or coin, strike, type and time to expiry."""

    name: Name | None = None
    coin: Name | None = None
    strike: Exact | None = None
    type: Literal["call", "put"] | None = None
    expiry: str | datetime | None = None
    days: Exact | None = None
    seconds: Exact | None = None
    vol: Exact
    quantity: Exact


class _InstrumentPart(_Part):
    name: Name
    kind: Literal["perp", "future", "asset"] = "perp"
    lot: Exact = Decimal("0.000001")
    mark_max: Exact = Decimal(1_000_000)
    initial: Exact | None = None
    maintenance: Exact | None = None
    weight: Exact | None = None
    weight_maintenance: Exact | None = None
    expiry: str | None = None


# Further parameters are those of the library, checked where it turns them into integers.
_FURTHER: Final[dict[str, Any]] = {name: (Any, None) for name in ListingParameters.__annotations__}
InstrumentPart = create_model("InstrumentPart", __base__=_InstrumentPart, **_FURTHER)


class Portfolio(_Part):
    """One account and the market around it."""

    settlement: Name = "USDC"
    cash: Exact = Decimal(0)
    collateral: dict[Name, Exact] = Field(default_factory=dict, max_length=ROWS_MAX)
    marks: dict[Name, Exact] = Field(default_factory=dict, max_length=ROWS_MAX)
    positions: list[PositionPart] = Field(default_factory=list, max_length=ROWS_MAX)
    orders: list[OrderPart] = Field(default_factory=list, max_length=ROWS_MAX)
    options: list[OptionPart] = Field(default_factory=list, max_length=ROWS_MAX)
    time: str | datetime | None = None
    leverage_cap: Exact | None = None
    instruments: list[InstrumentPart] = Field(default_factory=list, max_length=ROWS_MAX)
    policy: dict[str, Any] = Field(default_factory=dict)


def read_portfolio(path: Path) -> Portfolio:
    """The portfolio in a TOML or JSON file; InputRefused in one line that names the file and the place."""
    document = _parsed(path)
    try:
        found = Portfolio.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        said = first["msg"].removeprefix("Value error, ")
        raise InputRefused(f"{path}: {place or 'the file'}: {said}{more}") from None
    unknown = sorted(set(found.policy) - set(PolicyParameters.__annotations__))
    if unknown:
        raise InputRefused(f"{path}: policy.{unknown[0]}: there is no such parameter")
    return found


def _parsed(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InputRefused(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(raw) > FILE_BYTES_MAX:
        raise InputRefused(f"{path}: larger than {FILE_BYTES_MAX // 2**20} MiB")
    try:
        text = raw.decode("utf-8-sig")
        if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
            return json.loads(
                text, parse_float=Decimal, parse_int=_whole, parse_constant=_no_constant, object_pairs_hook=_no_repeats
            )
        return tomllib.loads(text, parse_float=_decimal)
    except UnicodeDecodeError:
        raise InputRefused(f"{path}: not a text file") from None
    except RecursionError:
        raise InputRefused(f"{path}: nested too deeply") from None
    except (ValueError, ArithmeticError) as error:
        raise InputRefused(f"{path}: {error}") from None


def _whole(text: str) -> Decimal:
    """Whole numbers as decimals: Python refuses to read very long ones as int, and says so at length."""
    return Decimal(text)


def _decimal(text: str) -> Decimal:
    if "inf" in text or "nan" in text:
        _no_constant(text)
    return Decimal(text.replace("_", ""))


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{repeated!r} is there twice")
    return found
