"""Input that nobody wrote: whatever is sent, the server answers in order."""
