"""Durable orchestration on Temporal: what must outlive any process waits here."""
