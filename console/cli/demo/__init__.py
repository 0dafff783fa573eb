"""The demo: four incidents on a simulated site, a crash in the middle, and every claim checked at the site."""
