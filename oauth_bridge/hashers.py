"""How client secrets are stored."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class ClientSecretHasher(PBKDF2PasswordHasher):
    """One salted round: for generated secrets of full entropy, never for what a person chose."""

    algorithm = "client_secret_sha256"
    iterations = 1
