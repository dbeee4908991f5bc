"""Django settings, computed from the typed configuration (`amity.base.config`)."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from amity.base import config as base_config
from amity.engines import api as engines

CONFIG = base_config.load()
DATABASE_URL = CONFIG.database_url or engines.embedded_postgres(CONFIG.home).ensure_running()


def database(url: str) -> dict[str, object]:
    """Django's settings for a libpq URL; query parameters such as ``host`` (a socket folder) win over the address."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "amity",
        "USER": options.pop("user", None) or unquote(parts.username or ""),
        "PASSWORD": options.pop("password", None) or unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(options.pop("port", None) or parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "amity", "connect_timeout": 10, **options},
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }


DEBUG = CONFIG.debug
SECRET_KEY = base_config.secret(CONFIG)
ROOT_URLCONF = "amity.web.urls"
WSGI_APPLICATION = "amity.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database(DATABASE_URL)}

_PUBLIC = urlsplit(CONFIG.public_url)
ALLOWED_HOSTS = [
    *CONFIG.allowed_hosts,
    *([_PUBLIC.hostname] if _PUBLIC.hostname else []),
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [CONFIG.public_url.rstrip("/")] if CONFIG.public_url else []
_HTTPS = _PUBLIC.scheme == "https"

INSTALLED_APPS = [
    "amity.web.apps.WebConfig",
    "amity.assistant.apps.AssistantConfig",
    "amity.desk.apps.DeskConfig",
    "amity.sales.apps.SalesConfig",
    "amity.stores.apps.StoresConfig",
    "amity.journeys.apps.JourneysConfig",
    "amity.intelligence.apps.IntelligenceConfig",
    "amity.channels.apps.ChannelsConfig",
    "amity.people.apps.PeopleConfig",
    "amity.events.apps.EventsConfig",
    "amity.access.apps.AccessConfig",
    "amity.engines.apps.EnginesConfig",
    "amity.base.apps.BaseConfig",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "amity.web.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "amity.web.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "amity.base.pages.ToastHeader",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "amity.access.middleware.StaffOnly",
    "amity.access.token_door.TokenDoor",
    "amity.web.middleware.RefusedPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "amity.base.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "amity.base.templatetags.amity_ui",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# Identity of staff: django-allauth does passwords, TOTP, passkeys, recovery codes and session lists.
AUTH_USER_MODEL = "access.Staff"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "amity.access.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Amity"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from administrators
MFA_ADAPTER = "amity.access.adapter.MFAAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = CONFIG.trusted_proxies
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "access_cache"}}
# Browsers only offer passkeys over HTTPS or on localhost; allauth must accept the latter too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS
USERSESSIONS_TRACK_ACTIVITY = False  # access.activity does it once in five minutes instead of at every request

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_NAME = "amity_session"
CSRF_COOKIE_NAME = "amity_csrf"
CSRF_FAILURE_VIEW = "amity.web.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.trusted_proxies else None
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = CONFIG.language
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("pl", "Polski"), ("de", "Deutsch")]
LANGUAGE_COOKIE_NAME = "amity_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = CONFIG.time_zone

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "amity.base.static_files.StampedFiles"},
}
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000 if not DEBUG else 0

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = None

PROCRASTINATE_ON_APP_READY = "amity.base.jobs.on_app_ready"
PROCRASTINATE_IMPORT_PATHS = [
    "amity.base.healing",
    "amity.access.tasks",
    "amity.events.tasks",
    "amity.people.tasks",
    "amity.sales.tasks",
    "amity.channels.tasks",
    "amity.people.tasks_privacy",
    "amity.people.tasks_duplicates",
    "amity.intelligence.tasks",
    "amity.intelligence.customers_tasks",
    "amity.intelligence.behaviour_tasks",
    "amity.journeys.tasks",
    "amity.desk.understanding_tasks",
    "amity.desk.knowledge_tasks",
    "amity.desk.drafts_tasks",
    "amity.sales.forecasting_tasks",
    "amity.desk.inbox_tasks",
    "amity.desk.chat_tasks",
    "amity.desk.routing_tasks",
    "amity.desk.complaints_tasks",
    "amity.assistant.tasks",
]
EMAIL_BACKEND = "amity.channels.staff_mail.Backend"  # through the send gate, like everything else

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "amity.base.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": CONFIG.log_level},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}

# The left rail: (URL name, label, icon, permission[, entries below]). A visible tuple, no auto-discovery.
AMITY_NAV = [
    ("home", _("Home"), "home", ""),
    ("inbox", _("Inbox"), "inbox", "desk.view"),
    ("people", _("People"), "users", "people.view"),
    ("segments", _("Segments"), "users-group", "segments.view"),
    ("companies", _("Companies"), "building", "people.view"),
    ("deals", _("Deals"), "target-arrow", "deals.view"),
    ("forecast", _("Forecast"), "chart-line", "deals.view"),
    ("products", _("Products"), "package", "deals.view"),
    ("tasks", _("Tasks"), "checkbox", "tasks.edit"),
    ("meetings", _("Meetings"), "calendar-event", "tasks.edit"),
    ("quotes", _("Quotes"), "file-invoice", "deals.view"),
    (
        "",
        _("Desk"),
        "message-circle",
        "",
        [
            ("complaints", _("Complaints"), "alert-circle", "desk.view"),
            ("knowledge", _("Knowledge"), "book", "desk.view"),
            ("intents", _("Intents"), "bulb", "desk.view"),
            ("bot", _("Bot"), "robot", "desk.manage"),
            ("desk_queues", _("Queues"), "stack-2", "desk.manage"),
            ("desk_measures", _("Measures"), "chart-bar", "desk.manage"),
        ],
    ),
    (
        "",
        _("Data"),
        "database",
        "",
        [
            ("imports", _("Imports"), "database-import", "imports.run"),
            ("quality", _("Quality"), "heart-rate-monitor", "people.view"),
            ("duplicates", _("Duplicates"), "copy-check", "duplicates.decide"),
            ("consent", _("Consent"), "shield-check", "consent.manage"),
            ("privacy", _("Privacy"), "shield-lock", "privacy.manage"),
            ("readiness", _("Readiness"), "heartbeat", "readiness.view"),
        ],
    ),
    ("models", _("Models"), "chart-dots", "models.view"),
    ("jobs", _("Jobs"), "activity", "jobs.view"),
    ("settings", _("Settings"), "settings", "settings.view"),
]
