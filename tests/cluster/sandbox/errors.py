"""What a person can mend before or while a cluster starts."""

from astroflow_core.errors import AstroFlowError


class SandboxError(AstroFlowError):
    """The cluster cannot be made, reached or removed; the message says what to do."""
