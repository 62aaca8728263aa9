"""A tools app whose tools take long, say much, or hold a thread, as tests of limits and of the stop need."""
