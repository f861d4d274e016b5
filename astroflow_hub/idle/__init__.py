"""Idle servers: notice, warn and stop, from inside the notebook's server itself."""
