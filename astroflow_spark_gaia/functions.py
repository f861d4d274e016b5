"""SQL functions of the sky, written in SQL: no row passes through Python.

They are temporary functions, so they are there whatever the current database is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A scalar function: its name, parameters, type, what it returns and what it is."""

    name: str
    parameters: str
    type: str
    body: str
    comment: str

    @property
    def ddl(self) -> str:
        """The statement that creates the function in a session."""
        return (
            f"CREATE OR REPLACE TEMPORARY FUNCTION {self.name}({self.parameters}) "
            f"RETURNS {self.type} COMMENT '{self.comment}' RETURN {self.body}"
        )


# A shift is exact; dividing by a power of two goes through DOUBLE, which an id does not fit.
HEALPIX = SqlFunction(
    name="healpix",
    parameters="level INT, source_id BIGINT",
    type="BIGINT",
    body="""
        CASE WHEN level BETWEEN 0 AND 12 THEN shiftright(source_id, 59 - 2 * level)
             WHEN level IS NULL THEN NULL
             ELSE raise_error(concat('HEALPix level ', level,
                  ': a source_id carries whole levels 0 to 12')) END""",
    comment="NESTED HEALPix pixel of a Gaia source_id at a level from 0 to 12",
)

# Half the angle between two unit vectors u and v is atan2(|u - v|, |u + v|). Both lengths are
# written as sums of squares, so nothing cancels: not close by, not at the antipodes.
_COSINES = "cos(radians(dec1)) * cos(radians(dec2))"
ANGULAR_DISTANCE = SqlFunction(
    name="angular_distance",
    parameters="ra1 DOUBLE, dec1 DOUBLE, ra2 DOUBLE, dec2 DOUBLE",
    type="DOUBLE",
    body=f"""
        2 * degrees(atan2(
            sqrt(power(sin(radians(dec2 - dec1) / 2), 2)
                 + {_COSINES} * power(sin(radians(ra2 - ra1) / 2), 2)),
            sqrt(power(sin(radians(dec2 + dec1) / 2), 2)
                 + {_COSINES} * power(cos(radians(ra2 - ra1) / 2), 2))))""",
    comment="Angle between two positions on the sky, all in degrees",
)

FUNCTIONS = (HEALPIX, ANGULAR_DISTANCE)
