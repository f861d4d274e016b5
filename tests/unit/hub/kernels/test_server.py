"""Real kernels that are killed, with and without memory running out."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from astroflow_hub.kernels.server import End, KernelWatch

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.filterwarnings("default"),  # Jupyter's own kernels warn of their sockets
]


class Counter:
    """As the system counts the processes that it killed when memory ran out."""

    count = 3

    def __call__(self) -> int:
        return self.count


@pytest.fixture
async def kernels() -> AsyncIterator[AsyncMappingKernelManager]:
    manager = AsyncMappingKernelManager()
    yield manager
    await manager.shutdown_all(now=True)


async def restarted_after_kill(
    manager: AsyncMappingKernelManager, watch: KernelWatch, counter: Counter, kills: int
) -> str:
    """Kill a new kernel, one of ``kills`` killed for memory, and wait until it is back."""
    kernel = await manager.start_kernel()
    watch.look()
    process = manager.get_kernel(kernel).provisioner.process
    counter.count += kills
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while manager.get_kernel(kernel).provisioner.process is process:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    return str(kernel)


async def test_a_kernel_killed_when_memory_ran_out_is_told(
    kernels: AsyncMappingKernelManager,
) -> None:
    counter = Counter()
    watch = KernelWatch(kernels, counter)
    kernel = await restarted_after_kill(kernels, watch, counter, 1)
    (told,) = watch.told([{"kernel": {"id": kernel}, "path": "maps/sky.ipynb"}])
    assert told["message"].startswith("The kernel of sky.ipynb was killed at ")
    assert "of memory ran out. Hold less at once" in told["message"]
    assert told["id"].startswith(kernel)


async def test_a_kernel_killed_by_somebody_is_not(kernels: AsyncMappingKernelManager) -> None:
    counter = Counter()
    watch = KernelWatch(kernels, counter)
    await restarted_after_kill(kernels, watch, counter, 0)
    assert watch.told([]) == []


def test_a_kernel_without_a_notebook_is_told_all_the_same() -> None:
    assert End("k", 0.0).message(None).startswith("The kernel of a notebook was killed at ")
