"""A Spark session over the Gaia catalogues from one import."""
