"""Programs of the checkout: they use the hub from outside, and are not installed."""
