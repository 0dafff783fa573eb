"""Events in OCSF for other systems: a file, an HTTP event collector, syslog by TLS."""
