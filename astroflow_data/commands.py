"""`astroflow data …`: what an admin does with catalogues."""

import typer

app = typer.Typer(no_args_is_help=True, help="Make the catalogues a hub offers.")
