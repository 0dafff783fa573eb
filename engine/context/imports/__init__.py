"""Files that say what is known about the place: YAML, JSON, CSV and STIX, each read into one shape."""
