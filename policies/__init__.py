"""What may be done: rules in YAML, and the checks that run before anything is executed."""
