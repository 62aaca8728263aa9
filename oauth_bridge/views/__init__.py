"""HTTP of the authorization server: thin views over the decisions made elsewhere in this room."""
