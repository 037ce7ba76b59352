"""Django's settings, in one file, read from the environment."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, SELF
from django.utils.translation import gettext_lazy as _

from fangge.config.keys import KeyRing, KeyStore

PACKAGE = Path(__file__).resolve().parent.parent
FANGGE_DATA = Path(os.environ.get("FANGGE_DATA", ".fangge")).resolve()


def read_database(url: str) -> dict[str, object]:
    """Turn `postgresql://user:password@host:port/name?host=/socket/folder` into Django's form."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if pair)
    host = unquote(query.pop("host", "") or parts.hostname or "")
    port = query.pop("port", "") or parts.port or ""
    return {
        "ENGINE": "fangge.config.walled",
        "NAME": unquote(parts.path.lstrip("/")) or "fangge",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {key: unquote(value) for key, value in query.items()},
    }


DEBUG = os.environ.get("FANGGE_DEBUG") == "1"
KEYS = KeyStore(FANGGE_DATA / "keys")
SECRET_KEY = KEYS.take("secret_key")
# For which cipher a new key is made; a key says itself which one it is for.
CIPHER = os.environ.get("FANGGE_CIPHER", "aes")
SEALING_KEYS = KeyRing(KEYS, "sealing_key", cipher=CIPHER)
FINDING_KEY = KEYS.take("finding_key", kind="sm3" if CIPHER == "sm4" else "")
LEDGER_KEY = KEYS.take("ledger_key")
WALL_KEY = KEYS.take("wall_key")

ALLOWED_HOSTS = os.environ.get("FANGGE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [x for x in os.environ.get("FANGGE_ORIGINS", "").split(",") if x]
IS_HTTPS = os.environ.get("FANGGE_HTTPS") == "1"

# Commands that need the database set DATABASE_URL before Django is set up: config/embedded.py.
DATABASES = {
    "default": read_database(os.environ.get("DATABASE_URL", "postgresql://localhost/fangge"))
}

# The role that row-level security holds back. FANGGE_WALL_ROLE lets requests on the owner's
# connection take it on: what tests do, and who has no more than one login.
SITE_ROLE = (
    urlsplit(os.environ.get("FANGGE_SITE_DATABASE_URL", "")).username
    or os.environ.get("FANGGE_WALL_ROLE")
    or "fangge_site"
)
WALL_ROLE = os.environ.get("FANGGE_WALL_ROLE", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "fangge.audit",
    "fangge.areas",
    "fangge.access",
    "fangge.retention",
    "fangge.disclosure",
    "fangge.registers",
    "fangge.fieldwork",
    "fangge.fusion",
    "fangge.cases",
    "fangge.portal",
    "fangge.gateway",
    "fangge.insight",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fangge.access.middleware.SessionKeeper",
    "fangge.access.middleware.ActorMiddleware",
    "fangge.kernel.web.ErrorsToResponses",
    "fangge.access.middleware.SignInGate",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "fangge.config.urls"
WSGI_APPLICATION = "fangge.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

AUTH_USER_MODEL = "access.StaffMember"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": int(os.environ.get("FANGGE_PASSWORD_LENGTH", "10"))},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Kinds of characters that a password needs; passwords that are not taken again; days of its life.
PASSWORD_KINDS = int(os.environ.get("FANGGE_PASSWORD_KINDS", "3"))
PASSWORD_HISTORY = 5
PASSWORD_DAYS = int(os.environ.get("FANGGE_PASSWORD_DAYS", "90"))
PASSWORD_WARNED_DAYS = 7
# Sessions end after minutes without work, and after hours whatever was done.
SESSION_IDLE_MINUTES = int(os.environ.get("FANGGE_IDLE_MINUTES", "15"))
SESSION_AGE_HOURS = 12
# Roles whose people sign in with a second factor; `none` turns it off, as the demo does.
SECOND_FACTOR_ROLES = frozenset(
    os.environ.get(
        "FANGGE_SECOND_FACTOR_ROLES",
        "security_administrator,auditor,system_administrator,steward",
    ).split(",")
) - {"none", ""}
# The office's own sign-in, where it has one (OpenID Connect).
OFFICE = {
    "issuer": os.environ.get("FANGGE_OIDC_ISSUER", "").rstrip("/"),
    "client": os.environ.get("FANGGE_OIDC_CLIENT", "fangge"),
    "claim": os.environ.get("FANGGE_OIDC_CLAIM", "preferred_username"),
    "name": os.environ.get("FANGGE_OIDC_NAME", ""),
}
OFFICE_ASKS_SECOND_FACTOR = os.environ.get("FANGGE_OIDC_SECOND_FACTOR") == "1"
OFFICE_SECRET = KEYS.find("oidc_secret") or ""
LOGIN_URL = "access:sign-in"
LOGIN_REDIRECT_URL = "insight:home"
LOGOUT_REDIRECT_URL = "access:sign-in"
DOOR_TRIES = int(os.environ.get("FANGGE_DOOR_TRIES", "20"))
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "access/locked.html"
AXES_RESET_ON_SUCCESS = True
# Our own history of sign-ins says who came when; axes need not say it again.
AXES_DISABLE_ACCESS_LOG = True
# What people type into these fields is kept nowhere.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "password",
    "current",
    "fresh",
    "again",
    "code",
]
SESSION_COOKIE_AGE = SESSION_AGE_HOURS * 3600
SESSION_COOKIE_NAME = "fangge_session"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # MapLibre and ECharts set style attributes; scripts stay strict.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": [SELF, "blob:"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [SELF],
        "base-uri": ["'none'"],
    },
}

# What residents are owed: answers in working days, decisions in working or calendar days.
ANSWER_DAYS = int(os.environ.get("FANGGE_ANSWER_DAYS", "5"))
CLAIM_DAYS = int(os.environ.get("FANGGE_CLAIM_DAYS", "15"))
CLAIM_DAYS_ARE = os.environ.get("FANGGE_CLAIM_DAYS_ARE", "working")
# The state moves days each year: weekdays that are off, weekend days that are worked.
DAYS_OFF = [day for day in os.environ.get("FANGGE_DAYS_OFF", "").split(",") if day]
DAYS_ON = [day for day in os.environ.get("FANGGE_DAYS_ON", "").split(",") if day]
# How an official who looked is told to the resident: office, number or name.
LOOK_NAMES = os.environ.get("FANGGE_LOOK_NAMES", "office")

# Another classifier of reports than the one that comes along: a file `fangge cases train` wrote.
CLASSIFIER = os.environ.get("FANGGE_CLASSIFIER", "")
# Counts of persons below this are hidden, and answers that differ by fewer than it; for how long.
SMALLEST_COUNT = int(os.environ.get("FANGGE_SMALLEST_COUNT", "5"))
DIFFERENCE_DAYS = int(os.environ.get("FANGGE_DIFFERENCE_DAYS", "90"))

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "config" / "locale"]
USE_TZ = True
# A new register of many rows is copied by several connections into a stage, see decision 0017.
COPY_CONNECTIONS = int(
    os.environ.get("FANGGE_COPY_CONNECTIONS", max(1, min(4, (os.cpu_count() or 1) // 2)))
)
COPY_ROWS = int(os.environ.get("FANGGE_COPY_ROWS", "50000"))

TIME_ZONE = os.environ.get("FANGGE_TIME_ZONE", "Asia/Shanghai")
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["fangge.config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = FANGGE_DATA / "static"
STATIC_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
STATICFILES_DIRS = [PACKAGE / "config" / "static"]
# The package is served as it lies: no collecting step between install and run.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# A command that scans each file that is attached to a case: the path is its last word, 0 is clean.
FILE_SCANNER = os.environ.get("FANGGE_FILE_SCANNER", "")
# Of an extract that comes by the screen or a command: its size, its rows, and what it unpacks to.
UPLOAD_MB = int(os.environ.get("FANGGE_UPLOAD_MB", "500"))
MOST_ROWS = int(os.environ.get("FANGGE_MOST_ROWS", "20000000"))
UNPACKED_MB = int(os.environ.get("FANGGE_UNPACKED_MB", "4096"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# An account is locked whoever knocks: the standard asks for it, and offices share addresses.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("FANGGE_LOG", "WARNING")},
}
