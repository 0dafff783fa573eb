"""What makes findings: our own detectors, the intake of other products' alerts, and generators of both."""

DETECTORS = ("dns.header_autoencoder",)
"""What ships, by id: their libraries take seconds to load, so each is imported where it is used."""
