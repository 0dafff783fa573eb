"""Mattermost: cards as attachments, callbacks that are believed only with two signatures, nothing but its REST API."""
