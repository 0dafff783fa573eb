"""The record nobody can quietly change: build entries, seal them in a Merkle tree, sign, export and verify."""
