"""Words that changed, and words behind which a secret stands."""

import re

KEYS = {
    "static_url": "cdn_url",
    "snapshot": "dump_before_migrate",
    "hsts": "hsts_max_age",
    "body_size": "client_max_body_size",
    "canonical": "redirect_to_canonical",
    "access": "restricted_paths",
    "nginx": "nginx_directives",
    "gunicorn": "gunicorn_settings",
    "drop": "purge",
}
"""Keys of an application, and with them the flat variables: `django_app_static_url` was one, too."""

VARIABLES = {
    "postgresql_connections": "postgresql_expected_connections",
    "backup_data": "backup_application_paths",
    "backup_identity": "backup_secret_paths",
    "backup_weeks": "backup_retention_weeks",
}

APPS = ("django_app", "django_application", "django_applications", "apps", "applications", "django_sites", "sites")
"""What `django_apps` is called by mistake."""

EXTRA = {"check_only": ("preview", "status_only")}
"""Names after `-e`, and what a playbook calls them now."""

RENAMED_INSIDE = {
    ("timers", "calendar"): "on_calendar",
    ("timers", "jitter"): "randomized_delay",
    ("restricted_paths", "users"): "basic_auth",
    ("postgresql_databases", "readers"): "read_only_roles",
    ("postgresql_database", "readers"): "read_only_roles",
    ("worker_app", "leads"): "run_singletons",
    ("nginx_site", "body_size"): "client_max_body_size",
    ("nginx_site", "extra"): "nginx_directives",
    ("nginx_site", "canonical"): "redirect_to_canonical",
    ("nginx_site", "access"): "restricted_paths",
    ("nginx_site", "static_origin"): "cdn_url",
    ("nginx_site", "maintenance_allow"): "maintenance",
}
"""Keys inside of keys: {(key or variable, old word): new word}."""

SECRET = re.compile(
    r"(?i)(pass|secret|token|credential|key|_url\b|\b(dsn|env)\b|content|basic_auth|private|identity|registries)"
)


def is_secret(path: str) -> bool:
    """Say whether what stands at this path, such as `env.TOKEN`, is kept out of every sentence."""
    return bool(SECRET.search(path))
