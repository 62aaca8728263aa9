"""Accounts that users have elsewhere and lend to this site's tools: linking, keeping, refreshing, giving back."""
