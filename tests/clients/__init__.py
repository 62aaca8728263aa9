"""Clients against live servers: what the rest of the world sees of this site."""
