"""Where people meet Fireline: the command line, the local API, and what they share."""
