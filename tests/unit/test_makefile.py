"""What make's commands take of the shell that they are called from."""

import os
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]


def test_another_environment_that_is_active_is_left_out() -> None:
    shown = run(
        ["make", "--no-print-directory", "--eval", "shown: ; @echo $${VIRTUAL_ENV:-none}", "shown"],
        cwd=ROOT,
        env=os.environ | {"VIRTUAL_ENV": "/elsewhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "none"
