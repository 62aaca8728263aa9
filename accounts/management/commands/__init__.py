"""What an operator runs by hand or from cron."""
