"""Settings of an asynchronous project."""

SECRET_KEY = "django-insecure-replaced-by-the-overlay"
INSTALLED_APPS = ["channels"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "chat.pages"
ASGI_APPLICATION = "chat.asgi.application"
# As Channels' tutorial has it: the overlay puts the application's own Redis there.
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [("127.0.0.1", 6379)]}}
}
