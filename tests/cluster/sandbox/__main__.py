"""The commands: ``python -m sandbox up | down | images [NAME …] | shell | run COMMAND … | start-node NAME``."""

import os
import sys
from collections.abc import Sequence

from astroflow_core.errors import AstroFlowError
from sandbox import cluster, images, processes
from sandbox.layout import Cluster, find_node


def main(command: str, arguments: Sequence[str]) -> None:
    """Carry out one command on the cluster that the environment names."""
    ours = Cluster.from_environ()
    if command == "up":
        cluster.up(ours)
    elif command == "down":
        cluster.down(ours)
    elif command == "images":
        images.make_images(ours, arguments)
    elif command == "shell":
        _become(ours, os.environ.get("SHELL", "/bin/sh"))
    elif command == "run":
        _become(ours, *arguments)
    elif command == "start-node":
        processes.start_node(ours, find_node(arguments[0]))
    else:
        raise SystemExit(__doc__)


def _become(ours: Cluster, *argv: str) -> None:
    """Replace ourselves by a program inside the cluster's world."""
    os.execvp("nsenter", list(map(str, processes.enter(ours, *argv))))  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1] if sys.argv[1:] else "", sys.argv[2:])
    except AstroFlowError as e:
        sys.exit(f"error: {e}")
    except KeyboardInterrupt:
        sys.exit(130)
