"""Synthetic catalogues: Gaia-like rows of any number, the same for the same seed.

Every value is a function of the seed and of the row's ``source_id`` alone, so rows do not
depend on files, layouts, chunks or on which other tables are made, and need no memory.
"""
