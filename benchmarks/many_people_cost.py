"""CostMeter: CPU time, memory and latency of a hub and its cluster while something happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable

# How the processes are known among all that the cluster's world sees, those in pods included.
PROCESSES = {
    "hub": "jupyterhub_config.py",
    "API server": "kube-apiserver",
    "etcd": "etcd --",
    "database": "postgres",
    "proxy": "configurable-http-proxy",
}
_EACH = 0.5  # seconds between two looks
_MIB = 2**20


@dataclass
class CostMeter:
    """Measures from ``with`` to its end; ``url`` is where the hub is reached."""

    url: str
    latencies: list[float] = field(default_factory=list)
    _memory: dict[str, int] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _done: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._before = {name: _cpu(found) for name, found in _processes().items()}
        self._looks = [Thread(target=self._probe), Thread(target=self._look)]
        for thread in self._looks:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._looks:
            thread.join()
        after = {name: _cpu(found) for name, found in _processes().items()}
        self._spent = {name: after[name] - self._before[name] for name in PROCESSES}

    @property
    def costs(self) -> dict[str, Any]:
        """CPU seconds and the most memory (MiB) of each part; latency of the hub's API (s)."""
        spent = {f"{name}: CPU s": round(cpu, 1) for name, cpu in self._spent.items()}
        memory = {f"{name}: MiB": size // _MIB for name, size in self._memory.items()}
        latency = {
            "hub API: median s": round(median(self.latencies), 3),
            "hub API: slowest s": round(max(self.latencies), 3),
        }
        return {**spent, **memory, **latency}

    def _probe(self) -> None:
        with httpx.Client(base_url=self.url, timeout=120) as client:
            while not self._done.wait(_EACH):
                began = time.monotonic()
                client.get("/hub/api/").raise_for_status()
                self.latencies.append(time.monotonic() - began)

    def _look(self) -> None:
        while not self._done.wait(_EACH):
            for name, found in _processes().items():
                self._memory[name] = max(self._memory.get(name, 0), _memory(found))


def _processes() -> dict[str, list[psutil.Process]]:
    found: dict[str, list[psutil.Process]] = {name: [] for name in PROCESSES}
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        for name, mark in PROCESSES.items():
            if mark in command:
                found[name].append(process)
    return found


def _cpu(processes: Iterable[psutil.Process]) -> float:
    return sum(_spent(process) for process in processes)


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory(processes: Iterable[psutil.Process]) -> int:
    return sum(_resident(process) for process in processes)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:  # it ended since it was listed
        return 0
