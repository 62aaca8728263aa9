"""What this room adds to templates."""
