"""The ledger: what it keeps of a call, and that it keeps it."""
