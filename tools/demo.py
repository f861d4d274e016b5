"""`make demo`: what a person does in a browser, without one.

Starts a hub on a free port, logs in and picks the profile through the forms, runs the two
source counts notebooks on the server's kernels through the proxy, and checks what they counted.
"""

from __future__ import annotations

import base64
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np

from astroflow_core.errors import AstroFlowError
from astroflow_core.healpix import pixel_count
from tools.person import Kernel, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

CHECKOUT = Path(__file__).parent.parent
OUTPUT = Path("demo-output")
PROFILE = "gaia-dr3"
ENGINES = ("spark", "dask")
LEVEL = 6
ROWS = 482_106
PATIENCE = 300  # seconds for one cell
# What a kernel is asked at the end: the array as the bytes of a .npy file.
_READ_COUNTS = """
import base64 as _b, io as _i, numpy as _n
_n.save(_f := _i.BytesIO(), counts)
from IPython.display import display
display({"application/octet-stream": _b.b64encode(_f.getvalue()).decode()}, raw=True)
"""


class DemoError(AstroFlowError):
    """The demonstration did not show what it should."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A running hub and the password for it."""

    url: str
    password: str
    log: Path


@contextmanager
def running_hub(state_dir: Path, **variables: str) -> Iterator[Hub]:
    """Run a hub of its own on a free port; end it, and all it started, afterwards.

    ``variables`` are further environment variables for it.

    Raises
    ------
    DemoError
        When it does not come up; with its own words.
    """
    port, password = _free_port(), secrets.token_urlsafe()
    environ = os.environ | {
        "ASTROFLOW_HUB_PORT": str(port),
        "ASTROFLOW_HUB_PASSWORD": password,
        "ASTROFLOW_STATE_DIR": str(state_dir),
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "astroflow_hub.run", "--with-parent"],
        env=environ,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for_greeting(process)
        yield Hub(f"http://127.0.0.1:{port}", password, state_dir / "logs" / "hub.log")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _wait_for_greeting(process: subprocess.Popen[str]) -> None:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if "Ctrl-C" in line:
            return
    raise DemoError("".join(said).strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_notebook(person: Person, path: str) -> tuple[Any, NDArray[np.int64]]:
    """Run a notebook of the person's home; return it with its outputs, and its ``counts``.

    Raises
    ------
    DemoError
        Naming the notebook and the cell that failed.
    """
    notebook = nbformat.from_dict(person.read(path)["content"])  # type: ignore[no-untyped-call]
    with person.kernel(str(Path(path).parent)) as kernel:
        for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
            result = kernel.run(cell.source, timeout=PATIENCE)
            cell.execution_count, cell.outputs = number + 1, list(result.outputs)
            if result.error:
                raise DemoError(f"{path}, code cell {number + 1}: {result.error}")
        return notebook, read_counts(kernel, path)


def read_counts(kernel: Kernel, path: str) -> NDArray[np.int64]:
    """Return the kernel's ``counts``, checked to be whole numbers, one a pixel of the sky."""
    result = kernel.run(_READ_COUNTS)
    if result.error:
        raise DemoError(f"{path} leaves no array `counts`: {result.error}")
    encoded = result.outputs[-1]["data"]["application/octet-stream"]
    counts = np.load(io.BytesIO(base64.b64decode(encoded)))
    if counts.shape != (pixel_count(LEVEL),) or counts.dtype != np.int64:
        raise DemoError(f"{path}: counts is {counts.dtype}{counts.shape}, not one int64 a pixel")
    return np.asarray(counts, dtype=np.int64)


def keep(notebook: Any, name: str) -> None:
    """Write an executed notebook and its last image to the output folder.

    Raises
    ------
    DemoError
        When the notebook shows no image.
    """
    nbformat.write(notebook, OUTPUT / f"{name}.ipynb")  # type: ignore[no-untyped-call]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    images = [o["data"]["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    if not images:
        raise DemoError(f"{name} shows no map")
    (OUTPUT / f"{name}.png").write_bytes(base64.b64decode(images[-1]))


def demonstrate(hub: Hub) -> str:
    """Log in, start the profile, run the notebooks and compare; return what was seen.

    Raises
    ------
    DemoError
        When a sum is not the catalogue's number of rows, or the engines disagree.
    """
    person = Person(hub.url, "demo")
    person.log_in(hub.password)
    person.start(PROFILE)
    counts = {}
    for engine in ENGINES:
        notebook, counts[engine] = run_notebook(person, f"demo/{engine}/source_counts.ipynb")
        keep(notebook, f"{engine}_source_counts")
        if (found := int(counts[engine].sum())) != ROWS:
            raise DemoError(f"{engine} counted {found:,} sources, not {ROWS:,}")
    if not np.array_equal(counts["spark"], counts["dask"]):
        differing = np.count_nonzero(counts["spark"] != counts["dask"])
        raise DemoError(f"Spark and Dask differ in {differing} pixels")
    person.stop()
    filled = np.count_nonzero(counts["spark"])
    return (
        f"Spark and Dask each counted {ROWS:,} Gaia DR3 sources, equal in all "
        f"{pixel_count(LEVEL):,} pixels of level {LEVEL} ({filled:,} not empty)"
    )


def main() -> int:
    """Run the demonstration; return 0 if it showed what it should."""
    started = time.monotonic()
    OUTPUT.mkdir(exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="astroflow-demo-") as state,
            running_hub(Path(state)) as hub,
        ):
            seen = demonstrate(hub)
    except AstroFlowError as error:
        print(f"demo: {error}", file=sys.stderr)  # noqa: T201
        return 1
    seconds = time.monotonic() - started
    print(f"demo: {seen}; maps and notebooks are in {OUTPUT}/ ({seconds:.0f} s)")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
