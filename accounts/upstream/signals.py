"""Signals that tell the rooms above what happened to an upstream account."""

from django.dispatch import Signal

# Sent after commit with `user_id`, `provider` and `elicitation`, which is empty when no tool had asked for the account.
upstream_linked = Signal()
