"""How full the home is, told to the hub, which cannot look into it."""
