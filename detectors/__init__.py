"""What makes findings: our own detectors, the intake of other products' alerts, and generators of both."""
