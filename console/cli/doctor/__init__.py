"""Is everything as it has to be: one small check a function, one line or more each, and a remedy for what is not."""
