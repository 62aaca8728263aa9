"""Management commands of the authorization server."""
