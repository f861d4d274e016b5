"""The commands on the cluster that the environment names.

check           tell what this machine lacks
up              start it
down            remove it
images [NAME …] build images, check them and bring them to it
test [ARG …]    up, images, tests, down; the arguments go to pytest
shell           a shell with kubectl on it
run COMMAND …   a command inside its world
start-node NAME wire and start a node; inside its world only
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence

from sandbox import cluster, images, preflight, processes, testing
from sandbox.layout import Cluster, find_node
from tools.shell import ToolError

COMMANDS: dict[str, Callable[[Cluster, Sequence[str]], None]] = {
    "check": lambda ours, _: preflight.check(ours, external=testing.is_external()),
    "up": lambda ours, _: cluster.up(ours),
    "down": lambda ours, _: cluster.down(ours),
    "images": images.make_images,
    "test": testing.run_tests,
    "shell": lambda ours, _: _become(ours, os.environ.get("SHELL", "/bin/sh")),
    "run": lambda ours, command: _become(ours, *command),
    "start-node": lambda ours, names: processes.start_node(ours, find_node(names[0])),
}


def _become(ours: Cluster, *argv: str) -> None:
    """Replace ourselves by a program inside the cluster's world."""
    os.execvp("nsenter", list(map(str, processes.enter(ours, *argv))))  # noqa: S606


def main(arguments: Sequence[str]) -> None:
    """Carry out the command that `arguments` name."""
    if not arguments or arguments[0] not in COMMANDS:
        sys.exit(__doc__)
    # Both end a command in order, also where a shell in the background ignores one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        COMMANDS[arguments[0]](Cluster.from_environ(), arguments[1:])
    except ToolError as e:
        sys.exit(f"error: {e}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
