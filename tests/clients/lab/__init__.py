"""A tools app whose tools misbehave, wait, ask and announce, each in the way that one test needs."""
