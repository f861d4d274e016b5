"""What an admin does to data: make the sample, make synthetic catalogues."""
