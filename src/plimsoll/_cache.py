"""Where compiled code is kept: a user cache folder named after a hash of all sources of the core.

Numba notices a change in a function's own file, not in the files of what it calls; one folder per state of the
sources makes a stale hit impossible.  A folder that cannot be written is no reason to stop: we compile anew.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

KEPT_FOLDERS = 8
COMPILED_ROOMS = ("units", "book", "margin", "oracle", "accrual", "engine")
"""Rooms with compiled rules; what lies above them never changes what is compiled."""


def sources_hash(package: Path) -> str:
    """Hash of every source file with compiled rules, of the NUMBA_* settings in force, and of Python's version."""
    state = hashlib.blake2b(digest_size=12)
    for path in sorted(path for room in COMPILED_ROOMS for path in (package / room).rglob("*.py")):
        state.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    for name in sorted(os.environ):
        if name.startswith("NUMBA_") and name != "NUMBA_CACHE_DIR":
            state.update(f"{name}={os.environ[name]}\n".encode())
    state.update(sys.version.encode())
    return state.hexdigest()


def cache_folder() -> Path:
    """The folder for this state of the sources, inside the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "plimsoll" / sources_hash(Path(__file__).parent)


def use_cache_folder() -> None:
    """Point Numba at the folder, unless the user chose one; fall back to no cache where nothing can be written."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        _forget_old_folders(folder)
    except OSError as error:
        print(f"plimsoll: no cache of compiled code ({error}); compiling on every start", file=sys.stderr)
        return
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    if "numba" in sys.modules:
        sys.modules["numba"].config.reload_config()


def forget_compiled(name: str) -> None:
    """Delete what is kept of a function: a file cut short by a crash or a full disk."""
    for path in Path(os.environ.get("NUMBA_CACHE_DIR", os.devnull)).glob(f"**/*.{name}-*.nb?"):
        path.unlink(missing_ok=True)


def _forget_old_folders(current: Path) -> None:
    """Keep the few folders used last; another process may have removed one first."""
    folders = sorted(
        (path for path in current.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for folder in folders[:-KEPT_FOLDERS]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
