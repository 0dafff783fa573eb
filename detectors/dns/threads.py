"""One thread for small matrices: more only wait for each other (measured: eight times the processor time on a busy
machine), and sums in one order give the same numbers on every run.
"""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[None]:
    """Hold the linear algebra libraries to one thread while this is entered."""
    limited: AbstractContextManager[None] = _controller().limit(limits=1)
    return limited


@cache
def _controller() -> ThreadpoolController:
    """Looking the loaded libraries up takes longer than a batch, so it is done once."""
    return ThreadpoolController()
