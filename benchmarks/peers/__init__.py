"""The peers that are measured beside the site, and how each is installed and started."""
