"""`astroflow doctor`: tells an admin whether a cluster can carry the hub, and what to mend."""
