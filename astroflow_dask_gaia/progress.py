"""What Dask's tasks have done, from what its scheduler knows of them."""

from __future__ import annotations

from asyncio import run_coroutine_threadsafe
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from distributed.comm.core import connect
from distributed.worker import dumps_function

from astroflow_core.kubernetes.quantities import show_memory
from astroflow_core.progress import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Client

_EACH = "500ms"  # how often the scheduler tells
_AHEAD = ("waiting", "queued", "processing", "no-worker")
_WORTH_TELLING = 2**20  # bytes

Counts = dict[str, int]


class Computations:
    """In the scheduler: the computations of one cell, which ran when it was asked or later."""

    def __init__(self, scheduler: Any) -> None:  # noqa: ARG002 (Dask hands it over)
        self._found: dict[Any, Any] = {}

    def count(self, scheduler: Any) -> Counts:
        """Return how many tasks there are, how many are done, and the bytes of their results."""
        for computation in scheduler.computations:
            if _ahead(computation.states):
                self._found[computation.id] = computation
        states = [computation.states for computation in self._found.values()]
        tasks = sum(sum(counts.values()) for counts in states)
        groups = {group for found in self._found.values() for group in found.groups}
        return {
            "tasks": tasks,
            "done": tasks - sum(map(_ahead, states)),
            "bytes": sum(group.nbytes_total for group in groups),
        }


def _ahead(states: Counts) -> int:
    return sum(states.get(state, 0) for state in _AHEAD)


def _count(scheduler: Any, computations: Computations) -> Counts:
    return computations.count(scheduler)


@contextmanager
def follow(client: Client) -> Iterator[Callable[[], Work | None]]:
    """Have the scheduler tell what it does, as it tells Dask's own dashboard."""
    latest: list[Counts] = []
    loop: Any = client.loop
    listening = run_coroutine_threadsafe(_listen(client, latest), loop.asyncio_loop)
    try:
        yield lambda: work_of(latest[0]) if latest and _is_at_work(client) else None
    finally:
        listening.cancel()


async def _listen(client: Client, latest: list[Counts]) -> None:
    scheduler: Any = client.scheduler
    comm = await connect(scheduler.address, **client.connection_args)
    feed = {"setup": dumps_function(Computations), "function": dumps_function(_count)}
    try:
        await comm.write({"op": "feed", "interval": _EACH, **feed})
        while True:
            latest[:] = [await comm.read()]
    finally:
        comm.abort()


def _is_at_work(client: Client) -> bool:
    """Tell whether this client waits for something; others may use the scheduler, too."""
    return any(future.status == "pending" for future in list(client.futures.values()))


def work_of(counts: Counts) -> Work | None:
    """Return what was done, None where there is nothing to do."""
    if not counts["tasks"]:
        return None
    made = counts["bytes"]
    notes = (f"{show_memory(made)} of results",) if made >= _WORTH_TELLING else ()
    return Work("Dask", counts["done"], counts["tasks"], notes)
