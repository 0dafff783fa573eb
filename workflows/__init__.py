"""Durable orchestration: thin workflows that carry out what the engine's transactions decide."""
