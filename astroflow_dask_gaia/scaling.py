"""Scaling: idle workers are given back, and as many are taken again as the work asks for."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import SessionError
from astroflow_core.idle import seconds
from astroflow_core.kubernetes.leases import DASK_API
from astroflow_core.kubernetes.release import ReleaseNotice

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

    from astroflow_core.kubernetes.api import Namespace


@dataclass
class Scaling:
    """The number of workers of the cluster ``name``: none to ``most``.

    Workers that had nothing to do for ``after`` are given back, unless the client has futures,
    whose results the workers hold.
    """

    client: Client
    namespace: Namespace
    name: str
    most: int
    after: str
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self._wanted = self.most
        self._notice = ReleaseNotice(self.say, "workers", self.after)

    def look(self) -> None:
        """Change the number of workers where it does not fit the work; try again on a failure."""
        with suppress(OSError, SessionError):
            self._notice.look(self._wanted)
            wanted = self._fitting()
            if wanted != self._wanted:
                group = {"spec": {"worker": {"replicas": wanted}}}
                self.namespace.patch("daskworkergroups", f"{self.name}-default", group, DASK_API)
                self._wanted = wanted

    def _fitting(self) -> int:
        scheduler: Any = self.client.scheduler
        idle_since = self.client.sync(scheduler.check_idle)
        if idle_since is None:
            asked: int = self.client.sync(scheduler.adaptive_target)
            return max(self._wanted, min(asked, self.most))
        is_long_idle = time.time() - idle_since > seconds(self.after)
        return 0 if is_long_idle and not self.client.futures else self._wanted
