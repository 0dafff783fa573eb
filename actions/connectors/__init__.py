"""Thin clients of real systems, one a package."""
