"""Signals that tell the rooms above when access ends or changes."""

from django.dispatch import Signal

# Sent after commit with `connection_ids: frozenset[int]`: these connections' open streams must end now.
access_ended = Signal()

# Sent after commit with `connection_ids: frozenset[int]`, `user_ids: frozenset[int]` and `client_ids: frozenset[str]`:
# what they may do, or what tools are told of them, is not what it was a moment ago.
access_changed = Signal()

# Sent after commit with `user_id: int` and `resource: str`, its canonical URI: the tools that are open to this user's
# connections changed, so that their clients should list them anew.
tools_changed = Signal()
