"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amity.web.settings")
application = get_wsgi_application()

from amity.base import config  # noqa: E402
from amity.web import telemetry  # noqa: E402

telemetry.start(config.load())
