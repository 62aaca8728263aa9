"""One module for each standard that the authorization server keeps; every test cites the section it holds."""
