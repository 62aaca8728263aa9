"""Streamable HTTP and HTTP+SSE: how requests of each era become calls, and answers the bytes of a response."""
