"""What is known about the place: read from files, kept in memory, asked by policy and checks."""
