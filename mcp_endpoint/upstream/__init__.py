"""`ctx.upstream(…)`: how a tool reaches an account that its user linked, and how the user is asked to link one."""
