"""Approvals in chat rooms: what carries cards there, and the doors by which answers come back."""
