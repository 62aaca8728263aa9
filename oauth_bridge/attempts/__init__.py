"""The flight recorder: every attempt to connect, with the step where it stopped and why. Written beside requests."""

from oauth_bridge.attempts.findings import explain, found, looking
from oauth_bridge.attempts.matching import clear_old_attempts
from oauth_bridge.attempts.recorder import stop

__all__ = ["clear_old_attempts", "explain", "found", "looking", "stop"]
