"""What the calls, streams and sessions of this site are in: this process, or the Redis that all its processes share."""
