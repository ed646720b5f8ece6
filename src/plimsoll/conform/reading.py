"""Vector files from paths: which there are, and what JSON they hold. Exact numbers, and one line for what is wrong."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

BYTES_MAX: Final = 64 * 2**20


class Unreadable(ValueError):
    """A path without vectors, or a file that is not JSON; the text names it in one line."""


def vector_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and every *.json below the folders named, once each; Unreadable for a path of neither."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            below = sorted(one for one in path.rglob("*.json") if one.is_file())
            if not below:
                raise Unreadable(f"{path}: no *.json below it")
            found |= dict.fromkeys(below)
        elif path.is_file():
            found[path] = None
        else:
            raise Unreadable(f"{path}: no such file or folder")
    return list(found)


def read_document(path: Path) -> Any:
    """The parsed file; numbers with a point become Decimal. Unreadable for what is not JSON in UTF-8, or too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise Unreadable(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(raw) > BYTES_MAX:
        raise Unreadable(f"{path}: larger than {BYTES_MAX // 2**20} MiB")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: not a text file in UTF-8") from None
    except RecursionError:
        raise Unreadable(f"{path}: nested too deeply") from None
    except (ValueError, ArithmeticError) as error:
        raise Unreadable(f"{path}: not JSON: {error}") from None


def cases_seen(document: Any) -> int | None:
    """How many cases a file of an unknown kind seems to hold, or None."""
    if isinstance(document, dict):
        for name in ("cases", "vectors", "tests"):
            if isinstance(document.get(name), list):
                return len(document[name])
    return None


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
