"""Composition of the site: settings, routing and the home page. Nothing imports this package."""
