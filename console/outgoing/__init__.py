"""Ways out to people: pagers, hooks, files; and what carries every message there at least once."""
