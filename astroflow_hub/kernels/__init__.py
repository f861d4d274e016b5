"""Kernels that died because the memory of their server ran out: noticed, and told."""
