"""What a person can mend before or while a cluster starts."""

from tools.shell import ToolError


class SandboxError(ToolError):
    """The cluster cannot be made, reached or removed; the message says what to do."""
