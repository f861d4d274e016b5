"""`astroflow data …`: what an admin does with catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DATA_DIR = Path(".astroflow/data")

app = typer.Typer(no_args_is_help=True, help="Make the catalogues a hub offers.")

Out = Annotated[Path, typer.Option(help="The data folder: one folder a catalogue is in it.")]


@app.callback()
def data() -> None:
    """Make the catalogues a hub offers."""


@app.command()
def sample(out: Out = DATA_DIR) -> None:
    """Make the sample catalogue: 482,106 real Gaia DR3 sources with G < 10."""
    from astroflow_data.sample import CATALOGUE, make_sample

    existed = (out / CATALOGUE).exists()
    folder = make_sample(out)
    typer.echo(f"The sample is {'already there' if existed else 'made'}: {folder}")
