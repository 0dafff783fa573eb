"""The transactions of the path: each takes a store transaction and a time, and leaves a consistent state."""
