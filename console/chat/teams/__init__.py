"""Microsoft Teams: Adaptive Cards out over the Bot Connector, and invokes back that carry its signed token."""
