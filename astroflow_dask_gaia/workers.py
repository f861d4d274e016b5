"""Every worker tells what it has, before the first query and on demand."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from subprocess import TimeoutExpired
from threading import Thread
from typing import TYPE_CHECKING, Any

from astroflow_core.errors import AstroFlowError
from astroflow_core.preflight import (
    REPORT_SECONDS,
    Engine,
    Preflight,
    Report,
    Silence,
    compare,
    files_to_read,
    no_report,
    probe_command,
)
from astroflow_core.session import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from distributed import Client

_DASK = Engine("worker", packages=("dask", "distributed", "msgpack"))
_LOOK_EACH = 5  # seconds
# Evaluated by a worker, where nothing of ours need be: its own Python runs the probe, with all
# that the worker itself would find.
_RUN = (
    "(lambda os, sys, run: run([sys.executable, *{arguments!r}], capture_output=True, text=True,"
    " check=True, timeout={seconds}, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))"
    ".stdout)(__import__('os'), __import__('sys'), __import__('subprocess').run)"
)


def preflight() -> Preflight:
    """Return what the workers of the session's cluster have and what is wrong, as a table.

    Each reads a footer of every database, looks up its packages and its free scratch, and is
    compared with this notebook.

    Raises
    ------
    SessionError
        When there is no cluster and none starts.
    CatalogueError
        When this notebook itself cannot read a catalogue.
    """
    return preflight_with({})


def preflight_with(packages: Mapping[str, str]) -> Preflight:
    """Return the same of workers that are to have ``packages``, too: versions by name."""
    from astroflow_dask_gaia.session import current_client

    client = current_client()
    return _preflight_of(client, _workers(client), packages)


def check_workers(client: Client, say: Callable[[str], None]) -> None:
    """Check the workers that are up, and from now on each that joins them.

    Raises
    ------
    SessionError
        When no query can be right on those that are up.
    """
    workers = _workers(client)
    _preflight_of(client, workers, {}, guard=True).check(say)
    Thread(target=_check_others, args=(client, set(workers), say), daemon=True).start()


def _check_others(client: Client, checked: set[str], say: Callable[[str], None]) -> None:
    while client.status == "running":
        time.sleep(_LOOK_EACH)
        try:
            workers = {a: name for a, name in _workers(client).items() if a not in checked}
            checked |= set(workers)
            if workers:
                for finding in _preflight_of(client, workers, {}, guard=True).findings:
                    say(finding.sentence)
        except AstroFlowError as error:  # this notebook has lost the catalogue itself
            say(str(error))
        except (Exception, asyncio.CancelledError):  # noqa: BLE001, S112 (the client closes meanwhile)
            continue


def _workers(client: Client) -> dict[str, str]:
    """Return the names of the workers by their addresses."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    named = {address: str(worker["name"]) for address, worker in known.items()}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _preflight_of(
    client: Client, workers: Mapping[str, str], packages: Mapping[str, str], *, guard: bool = False
) -> Preflight:
    paths = files_to_read(SessionSettings.from_environ(os.environ))
    _, *arguments = probe_command(sys.executable, paths, guard=guard)
    call = _RUN.format(arguments=arguments, seconds=REPORT_SECONDS)
    answers: Mapping[str, Any] = client.sync(_ask_all, client, workers, call)
    texts = {name: text for name, text in answers.items() if isinstance(text, str)}
    reports = [_named(Report.from_json(text), name) for name, text in texts.items()]
    silent = [_silence(name, answers[name]) for name in answers if name not in texts]
    own = Report.of_this_python(paths)
    return compare(_DASK, own, reports, silent, packages)


async def _ask_all(client: Client, workers: Mapping[str, str], call: str) -> dict[str, Any]:
    """Return what each worker prints, or why it does not, by its name."""
    asked = (_ask(client, address, call) for address in workers)
    return dict(zip(workers.values(), await asyncio.gather(*asked), strict=True))


async def _ask(client: Client, worker: str, call: str) -> Any:
    # Out of turn: a worker whose threads are all busy answers, too.
    running = client._run(eval, call, workers=[worker], on_error="return")  # noqa: SLF001
    try:
        answers: dict[str, Any] = await asyncio.wait_for(running, REPORT_SECONDS)
    except (TimeoutError, OSError) as error:
        return error
    return answers.get(worker)


def _silence(name: str, answer: object) -> Silence:
    """Return why a worker did not report; one that is asked too late ends meanwhile."""
    if answer is None or isinstance(answer, TimeoutError | TimeoutExpired | OSError):
        return Silence(name, no_report())
    return Silence(name, f"it cannot report ({answer}); {_DASK.cure}", is_final=True)


def _named(report: Report, name: str) -> Report:
    """Return a report under the name of its pod; on this machine workers have names alone."""
    return report.renamed(name) if report.pod == socket.gethostname() else report
