"""What Spark's jobs have done, from what its driver knows of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from astroflow_core.kubernetes.quantities import show_memory
from astroflow_core.progress import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from astroflow_spark_gaia.gaia_session import GaiaSession

Json = dict[str, Any]
_WORTH_TELLING = 2**20  # bytes


class Status:
    """The driver's own record of jobs, stages and executors, as its REST API would show it."""

    def __init__(self, session: GaiaSession) -> None:
        jvm: Any = session.sparkContext._jvm  # noqa: SLF001
        self._store: Any = session.sparkContext._jsc.sc().statusStore()  # noqa: SLF001
        # One text a question: py4j would ask for each field of each entry.
        self._mapper: Any = jvm.org.apache.spark.status.api.v1.JacksonMessageWriter().mapper()
        self._running: Any = jvm.java.util.List.of(jvm.org.apache.spark.JobExecutionStatus.RUNNING)

    def running_jobs(self) -> list[Json]:
        """Return the jobs that run."""
        return list(self._read(self._store.jobsList(self._running)))

    def stage(self, number: int) -> Json | None:
        """Return the last attempt at a stage, None where it is forgotten."""
        try:
            return dict(self._read(self._store.lastStageAttempt(number)))
        except Py4JJavaError:
            return None

    def executors(self) -> list[Json]:
        """Return the executors, also those that have ended."""
        return list(self._read(self._store.executorList(False)))  # noqa: FBT003 (Java has no names)

    def _read(self, found: Any) -> Any:
        return json.loads(self._mapper.writeValueAsString(found))


class Jobs:
    """The jobs of one cell: those that run when it is first looked at, and all later ones."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._jobs: dict[int, Json] = {}
        self._stages: dict[int, Json] = {}
        self._open: set[int] = set()  # stages that may still change

    def look(self) -> Work | None:
        """Return what they have done, None before there is one."""
        running = {job["jobId"]: job for job in self._status.running_jobs()}
        for number, job in running.items():
            if number not in self._jobs:
                self._open.update(job["stageIds"])
        self._jobs.update(running)
        self._look_at_stages({stage for job in running.values() for stage in job["stageIds"]})
        return work_of(self._jobs, running.keys(), self._stages.values()) if self._jobs else None

    def _look_at_stages(self, running: set[int]) -> None:
        for number in sorted(self._open):
            if stage := self._status.stage(number):
                self._stages[number] = stage
        self._open &= running


def work_of(jobs: Mapping[int, Json], running: AbstractSet[int], stages: Iterable[Json]) -> Work:
    """Return what ``jobs`` have done; those that no longer run have done everything.

    Parameters
    ----------
    jobs
        As each was last seen, by its number.
    running
        The numbers of those that run.
    stages
        The stages of all of them, as each was last seen.
    """
    tasks, steps = sum(map(_tasks, jobs.values())), sum(map(_steps, jobs.values()))
    ahead = [jobs[number] for number in running]
    tasks_ahead = sum(_tasks(job) - job["numCompletedTasks"] for job in ahead)
    steps_ahead = sum(_steps(job) - job["numCompletedStages"] for job in ahead)
    found = list(stages)
    rows = sum(stage["inputRecords"] for stage in found)
    shuffled = sum(stage["shuffleWriteBytes"] for stage in found)
    notes = [f"{steps - steps_ahead} of {steps} stage{'' if steps == 1 else 's'}"]
    notes += [f"{rows:,} rows read"] if rows else []
    notes += [f"{show_memory(shuffled)} shuffled"] if shuffled >= _WORTH_TELLING else []
    return Work("Spark", tasks - max(0, tasks_ahead), tasks, tuple(notes))


def _tasks(job: Json) -> int:
    return int(job["numTasks"] - job["numSkippedTasks"])


def _steps(job: Json) -> int:
    return len(job["stageIds"]) - int(job["numSkippedStages"])
