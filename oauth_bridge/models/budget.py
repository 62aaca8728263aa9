"""What connections used up of the calls that an operator allows them."""

from django.db import models

from oauth_bridge.models.connection import Connection


class BudgetUse(models.Model):
    """Calls of one connection in the minute and the day of its last one; only where there is a budget."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="budget_use")
    minute = models.DateTimeField(help_text="Beginning of the minute.")
    minute_calls = models.PositiveIntegerField(default=0)
    day = models.DateTimeField(help_text="Beginning of the day, UTC.")
    day_calls = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.minute_calls} calls in a minute, {self.day_calls} in a day"
