"""The local API: doors that authenticate, write and nudge."""
