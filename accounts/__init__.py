"""Who somebody is: the user and how they sign in."""
