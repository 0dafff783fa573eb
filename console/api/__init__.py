"""The local HTTP API: an app factory, and routes by what they are about."""
