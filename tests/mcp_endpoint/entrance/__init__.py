"""What is refused before a request is read, and how."""
