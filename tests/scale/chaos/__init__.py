"""Several workers behind a round-robin, killed one after another while clients of all eras go on calling."""
