"""The demo tools, as their author would test them."""
