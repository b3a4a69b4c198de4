"""Ship releases of one Django application on this host: plan, build, activate, rollback, list."""
