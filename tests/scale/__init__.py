"""Several server processes of one site."""
