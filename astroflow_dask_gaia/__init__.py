"""A Dask client over the Gaia catalogues from one import."""
