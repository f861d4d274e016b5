"""The name under which existing notebooks import the Gaia DR3 databases' setup."""
