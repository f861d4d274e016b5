"""A command and all it started end together. Real processes, in less than a second each."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

LIFELINE = [sys.executable, "-m", "astroflow_hub.lifeline"]
PYTHON = [sys.executable, "-c"]
# Prints the pid of a child that left the group, and of an orphan.
FAMILY = """
import subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
start = f"import subprocess; print(subprocess.Popen({sleep}, start_new_session=True).pid)"
print(subprocess.Popen(sleep, start_new_session=True).pid, flush=True)
subprocess.run([sys.executable, "-c", start])
"""


def start(then: str, before: str = "") -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Run a family on a lifeline, and what it does ``then``; return the two strays too."""
    code = f"{FAMILY}\n{before}\nprint('ready', flush=True)\n{then}"
    lifeline = subprocess.Popen([*LIFELINE, *PYTHON, code], stdout=subprocess.PIPE, text=True)
    assert lifeline.stdout is not None
    pids = [int(lifeline.stdout.readline()) for _ in range(2)]
    assert lifeline.stdout.readline() == "ready\n"
    return lifeline, [psutil.Process(pid) for pid in pids]


def are_gone(family: list[psutil.Process]) -> bool:
    return psutil.wait_procs(family, timeout=5)[1] == []


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_commands(code: int) -> None:
    ended = subprocess.run([*LIFELINE, *PYTHON, f"raise SystemExit({code})"], check=False)
    assert ended.returncode == code


def test_what_a_command_leaves_behind_ends_with_it() -> None:
    lifeline, family = start("")
    lifeline.communicate(timeout=10)
    assert lifeline.returncode == 0
    assert are_gone(family)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_once(number: signal.Signals) -> None:
    block = f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [{int(number)}])"
    wait = f"print(signal.sigtimedwait([{int(number)}], 20).si_signo)"
    lifeline, family = start(wait, before=block)
    lifeline.send_signal(number)
    said, _ = lifeline.communicate(timeout=10)
    assert said.strip() == str(int(number))
    assert are_gone(family)


IGNORE = (
    "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)]"
)


@pytest.mark.parametrize("before", [IGNORE, ""], ids=["a deaf command", "one that ends at once"])
def test_after_two_signals_nothing_is_left(before: str) -> None:
    lifeline, family = start("time.sleep(60)", before=before)
    lifeline.terminate()
    lifeline.send_signal(signal.SIGINT)
    lifeline.communicate(timeout=10)
    assert lifeline.returncode != 0
    assert are_gone(family)


def test_a_killed_lifeline_takes_its_command_along() -> None:
    lifeline, strays = start("time.sleep(60)")
    (command,) = (p for p in psutil.Process(lifeline.pid).children() if p not in strays)
    lifeline.kill()
    lifeline.wait(timeout=5)
    assert are_gone([command])
    # Its orphans go to the lifeline above it; this test has none, and ends them itself.
    for stray in strays:
        stray.kill()
    lifeline.communicate(timeout=5)


def test_a_lifeline_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    parent = subprocess.Popen(
        [*PYTHON, "import subprocess, sys; subprocess.run(sys.argv[1:])", *LIFELINE, *PYTHON,
         f"import os, time; open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(60)"]
    )  # fmt: skip
    psutil_parent = psutil.Process(parent.pid)
    _wait_for(pids)
    family = psutil_parent.children(recursive=True)
    parent.kill()
    parent.wait(timeout=5)
    assert len(family) == 2
    assert are_gone(family)


def _wait_for(path: Path) -> None:
    wait = (
        "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(.05)"
    )
    subprocess.run([*PYTHON, wait, str(path)], check=True, timeout=10)
