from django.conf import settings
from django.http import HttpResponse
from django.urls import path


def home(request):
    parts = [
        settings.CONFIGURATION["shop"]["generation"],
        (settings.MEDIA_ROOT / "x").name,
        (settings.BASE_DIR / ".env").read_text().strip(),
        str(settings.DEBUG),
    ]
    return HttpResponse(" ".join(parts))


urlpatterns = [path("", home)]
