"""Spark as a notebook's cells watch it: its jobs, and what of it is lost."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import cached_property
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING

from py4j.protocol import Py4JError, Py4JJavaError

from astroflow_core.cell import watch
from astroflow_core.errors import AstroFlowError
from astroflow_core.out_of_memory import memory_kills
from astroflow_spark_gaia.losses import (
    cause_of_loss,
    loss_of_java,
    more_memory,
    sentence_on_failure,
    sentences,
)
from astroflow_spark_gaia.pods import Pods
from astroflow_spark_gaia.progress import Jobs, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from astroflow_core.kubernetes.objects import Object
    from astroflow_core.progress import Work
    from astroflow_spark_gaia.gaia_session import GaiaSession
    from astroflow_spark_gaia.local import Local

_END_SECONDS = 2  # that a Java takes to end once it answers no more
_MORE_FOR_DRIVER = "choose a larger size for your server, or collect less at once"


def watch_in_cells(session: GaiaSession, engine: Local | Pods) -> None:
    """Show in each cell of a notebook what ``session`` does, and say what it loses."""
    watch(lambda: WatchedSpark(session, engine))


class WatchedSpark:
    """A session, and what was said of its losses."""

    def __init__(self, session: GaiaSession, engine: Local | Pods) -> None:
        self._session = session
        self._engine = engine
        self._told: set[str] = set()
        self._kills = memory_kills()

    @property
    def is_over(self) -> bool:
        """Whether the session was stopped, or replaced."""
        return not self._session.is_usable and (self._is_stopped or "java" in self._told)

    def follow(self) -> AbstractContextManager[Callable[[], Work | None]]:
        """Follow its jobs, for one cell."""
        return nullcontext(Jobs(self._status).look)

    def losses(self, error: BaseException | None) -> list[str]:
        """Return what was lost since the last call, and what made a cell fail with ``error``."""
        if self._is_stopped:
            return []
        if self._java_has_ended(error):
            return self._loss_of_java()
        failure = sentence_on_failure(error, self._session.size)
        return [*sentences(self._causes()), *([failure] if failure else [])]

    @cached_property
    def _status(self) -> Status:
        return Status(self._session)

    @property
    def _is_stopped(self) -> bool:
        return self._session.jvm_process.gateway is None

    def _java_has_ended(self, error: BaseException | None) -> bool:
        """Tell whether Java has ended; wait for that where ``error`` says that it ends."""
        lost = isinstance(error, (ConnectionError, Py4JError))
        if lost and not isinstance(error, Py4JJavaError):
            with suppress(TimeoutExpired):
                self._session.jvm_process.process.wait(_END_SECONDS)
        return not self._session.jvm_process.is_running

    def _loss_of_java(self) -> list[str]:
        if "java" in self._told:
            return []
        self._told.add("java")
        jvm = self._session.jvm_process
        is_pods = isinstance(self._engine, Pods)
        sentence = loss_of_java(
            jvm.process.wait(),
            self._engine.driver_memory,
            _MORE_FOR_DRIVER if is_pods else more_memory(self._session.size),
            jvm.last_words(),
            out_of_memory=memory_kills() > self._kills,
        )
        return [sentence]

    def _causes(self) -> Iterator[str]:
        for executor in self._status.executors():
            number, reason = executor["id"], executor.get("removeReason", "")
            if executor["isActive"] or number in self._told:
                continue
            self._told.add(number)
            if cause := cause_of_loss(reason, self._pod_of(number), self._session.size):
                yield cause

    def _pod_of(self, number: str) -> Object | None:
        if isinstance(self._engine, Pods):
            with suppress(AstroFlowError):  # then it is told without what the cluster knows
                return self._engine.pod_of(number)
        return None
