"""Requests and answers of each era, as they are on the wire."""
