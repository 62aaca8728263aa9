"""Signals that tell the rooms above what happened on the pages of signing in."""

from django.dispatch import Signal

# Sent with `request`, `why` in words, and `user`, who is None before a password or provider has named one. Nothing that
# was typed is in it: people type passwords into the wrong field.
sign_in_failed = Signal()
