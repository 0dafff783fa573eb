"""How long tests wait for what only a broken product never does."""

PATIENCE_S = 120.0
"""Longer than a disk stands still and longer than a machine is busy with others; while all is well it costs nothing."""
