"""What developers and image builders run; nothing here is installed."""
