"""OpenID Connect, as a provider that allauth finds among the apps."""
