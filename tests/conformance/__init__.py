"""A tools app with the fixtures of the official conformance suite, installed by its own settings alone.

The suite (`@modelcontextprotocol/conformance`) sends no token, so these settings also serve the endpoint
without one. Nothing outside this package does.
"""
