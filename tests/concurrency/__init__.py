"""Many people and clients at once, against one real server."""
