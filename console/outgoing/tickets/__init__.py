"""Incidents followed as tickets, in whatever system a site has for them."""
