"""Activities: thin classes over injected ports; convert, call, convert."""
