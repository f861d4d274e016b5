"""The portal: what a person sees of AstroFlow beside their notebooks, served by the hub."""
