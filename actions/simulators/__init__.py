"""A whole simulated site, shared by processes: its systems, its faults, the people who meddle, and what is true."""
