"""Slack: cards as Block Kit, signed callbacks, nothing but its Web API."""
