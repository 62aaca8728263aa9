"""The doctor: each fault that it knows is made for real, and must be named."""
