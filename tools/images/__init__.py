"""Builds the images of ``images/`` and tells what is in them."""
