"""Dask as a notebook's cells watch it: its tasks, and the workers that are lost."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from astroflow_core.cell import watch
from astroflow_core.errors import AstroFlowError
from astroflow_core.out_of_memory import memory_kills
from astroflow_dask_gaia.losses import (
    REMOVED,
    RESTARTED,
    Losses,
    cause_of_loss,
    limit_of,
    sentences,
)
from astroflow_dask_gaia.progress import follow

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from distributed import Client

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.progress import Work

_KNOWN_AFTER = 2.0  # seconds until the cluster knows why a worker ended


def watch_in_cells(client: Client, pods: Callable[[], list[Object]]) -> None:
    """Show in each cell of a notebook what ``client`` waits for, and say what workers it loses.

    Parameters
    ----------
    pods
        Returns the pods of the workers.
    """
    watch(lambda: WatchedDask(client, pods))


class WatchedDask:
    """A client, and the losses of which it was told."""

    def __init__(self, client: Client, pods: Callable[[], list[Object]]) -> None:
        self._client = client
        self._pods = pods
        self._kills = memory_kills()
        self._losses = Losses()
        self._limit = self._limit_now()
        client.subscribe_topic(REMOVED, self._losses.note)
        client.subscribe_topic(RESTARTED, self._losses.note_restart)

    @property
    def is_over(self) -> bool:
        """Whether the client was closed."""
        return self._client.status in {"closed", "closing"}

    def follow(self) -> AbstractContextManager[Callable[[], Work | None]]:
        """Follow its tasks, for one cell."""
        return follow(self._client)

    def losses(self, error: BaseException | None) -> list[str]:  # noqa: ARG002 (events tell all)
        """Return what was lost since the last call."""
        if latest := self._losses.latest:
            time.sleep(max(0.0, latest + _KNOWN_AFTER - time.monotonic()))
        restarted, lost = self._losses.take()
        if not restarted and not lost:
            return []
        kills, pods = memory_kills(), self._pods_of(lost)
        by_system, self._kills = kills > self._kills, kills
        self._limit = self._limit_now() or self._limit
        causes = [cause_of_loss(a, pods, self._limit, out_of_memory=by_system) for a in lost]
        return sentences(restarted, causes, self._limit)

    def _limit_now(self) -> int | None:
        """Return the memory of a worker, None while the last one that was lost is not back."""
        return limit_of(self._client.scheduler_info(n_workers=1)["workers"])

    def _pods_of(self, lost: list[str]) -> list[Object]:
        with suppress(AstroFlowError):  # then it is told without what the cluster knows
            return self._pods() if lost else []
        return []
