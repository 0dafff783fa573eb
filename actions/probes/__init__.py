"""Harm probes as a zone tries them: connections, pages, names, figures, and what its connector is asked."""
