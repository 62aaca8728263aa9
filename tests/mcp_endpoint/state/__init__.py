"""What processes share: sessions, events, changes, and word of what happened."""
