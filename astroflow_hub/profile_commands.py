"""`astroflow profiles …`: what an admin does with profile files."""

import typer

app = typer.Typer(no_args_is_help=True, help="Check and make the profiles a hub offers.")
