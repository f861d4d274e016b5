"""The name under which existing notebooks import the Gaia DR3 databases' setup."""


class SetupDataGaiaDR3:
    """Stands for the databases of the session's catalogues, which are there from its start."""
