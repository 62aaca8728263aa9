"""Signals that tell the rooms above when access ends."""

from django.dispatch import Signal

# Sent after commit with `connection_ids: frozenset[int]`: these connections' open streams must end now.
access_ended = Signal()
