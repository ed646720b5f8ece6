"""One thread for matrices of a hundred rows: on several, linear algebra spends most of its time waiting."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


@cache
def _controller() -> Any:
    # It comes with scikit-learn, which is in the same extra as scipy.
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """A context in which BLAS uses one thread of this process."""
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited
