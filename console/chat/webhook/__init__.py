"""A signed webhook, out and in, for everything that shows cards and has no adapter of its own."""
