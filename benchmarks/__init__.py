"""Measurements of this site."""
