"""Who may act for a user: OAuth clients, connections, consent and tokens."""
