"""Homes to an object store and back: restic, one snapshot a home, where no person can reach it."""
