"""What every request passes before it is read: Host and Origin, the bearer token, and one shape for every refusal."""
