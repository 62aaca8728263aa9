"""Example tools, written as an outside app would write them."""
