"""`make demo`: what a person does in a browser, without one.

Starts a hub on a free port, logs in and picks the profile through the forms, runs the two
source counts notebooks on the server's kernels through the proxy, and checks what they counted.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np

from astroflow_core.errors import AstroFlowError
from astroflow_core.healpix import pixel_count
from tools.person import Kernel, Person
from tools.running_hub import RunningHub, running_hub

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def demonstrate(hub: RunningHub) -> str:
    """Log in, start the profile, run the notebooks and compare; return what was seen.

    Raises
    ------
    DemoError
        When a notebook fails, or the counts are not what they should be.
    """
    counts = {}
    with Person(hub.url, "demo") as person:
        person.log_in(hub.password)
        person.start(PROFILE)
        for engine in ENGINES:
            notebook, counts[engine] = run_notebook(person, f"demo/{engine}/source_counts.ipynb")
            keep(notebook, f"{engine}_source_counts")
        person.stop()
    return compare(counts["spark"], counts["dask"])


def compare(spark: NDArray[np.int64], dask: NDArray[np.int64]) -> str:
    """Return in words what both engines counted.

    Raises
    ------
    DemoError
        When a sum is not the catalogue's number of rows, or the engines disagree.
    """
    for engine, counts in (("Spark", spark), ("Dask", dask)):
        if (found := int(counts.sum())) != ROWS:
            raise DemoError(f"{engine} counted {found:,} sources, not {ROWS:,}")
    if differing := np.count_nonzero(spark != dask):
        raise DemoError(f"Spark and Dask differ in {differing:,} pixels")
    return (
        f"Spark and Dask each counted {ROWS:,} Gaia DR3 sources, equal in all {len(spark):,} "
        f"pixels of level {LEVEL} ({np.count_nonzero(spark):,} not empty)"
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
