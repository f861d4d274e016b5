"""The hub's side: profiles, spawners and the `astroflow` command."""
