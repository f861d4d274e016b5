"""What every part of AstroFlow Hub knows: pixels, catalogues, profiles and the session.

Pure: imports no engine, no hub and no cluster.
"""

from astroflow_core.catalogue import Catalogue, Database, Table
from astroflow_core.errors import AstroFlowError
from astroflow_core.healpix import Pixel
from astroflow_core.profile import Profile
from astroflow_core.release import Release
from astroflow_core.session import SessionSettings

__all__ = [
    "AstroFlowError",
    "Catalogue",
    "Database",
    "Pixel",
    "Profile",
    "Release",
    "SessionSettings",
    "Table",
]
