"""Settings, all of them, from the environment; ``docs/settings.md`` lists every variable.

Four modes. ``production`` (the default whenever ``DATABASE_URL`` is set) demands every secret and
host. ``development``, ``demo`` and ``test`` run on one machine: hosts end in ``.localhost`` and
secrets are made once, in the private data folder.
"""

import os
import socket
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from network import content_policy
from network.garbage import look_seldom
from network.hostnames import ascii_host
from network.secret_store import check_secret_key, development_secret, parse_token_keys

look_seldom()  # first: most of what a process loads is still to come
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Mode -------------------------------------------------------------------------------------
MODES = ("production", "development", "demo", "test")
MODE = env.str(
    "SOFTCLICK_MODE", default="production" if "DATABASE_URL" in os.environ else "development"
)
if MODE not in MODES:
    raise ImproperlyConfigured(f"SOFTCLICK_MODE={MODE!r} is not one of {', '.join(MODES)}.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("SOFTCLICK_DATA", default=str(BASE_DIR / ".data")))


def _host(name: str, local: str) -> str:
    """A host name as browsers write it; in production it must be set. What is none stays as it is,
    to be named by the start-up checks."""
    host = str(env.str(name) if PRODUCTION else env.str(name, default=local))
    with suppress(ValueError):
        host = ascii_host(host)
    return host


# --- Secrets ----------------------------------------------------------------------------------
SECRET_KEY = check_secret_key(
    env.str("SECRET_KEY", default="")
    or ("" if PRODUCTION else development_secret(DATA_DIR, "django"))
)
TOKEN_KEYS = parse_token_keys(
    env.str("TOKEN_KEYS", default="")
    or ("" if PRODUCTION else f"0:{development_secret(DATA_DIR, 'tokens')}")
)
TOKEN_SIGNING_KEY = env.int("TOKEN_SIGNING_KEY", default=max(TOKEN_KEYS))
if TOKEN_SIGNING_KEY not in TOKEN_KEYS:
    raise ImproperlyConfigured(f"TOKEN_SIGNING_KEY={TOKEN_SIGNING_KEY} is not in TOKEN_KEYS.")

# --- Hosts ------------------------------------------------------------------------------------
SITE_HOST = _host("SITE_HOST", "network.localhost")
TRACKING_HOST = _host("TRACKING_HOST", "track.localhost")
PUBLIC_SCHEME = env.str("PUBLIC_SCHEME", default="https" if PRODUCTION else "http")
PUBLIC_PORT = env.int("PUBLIC_PORT", default=443 if PRODUCTION else 8000)
_PORT_SUFFIX = (
    "" if (PUBLIC_SCHEME, PUBLIC_PORT) in {("https", 443), ("http", 80)} else (f":{PUBLIC_PORT}")
)
PUBLIC_ORIGIN = f"{PUBLIC_SCHEME}://{{host}}{_PORT_SUFFIX}"
SITE_URL = PUBLIC_ORIGIN.format(host=SITE_HOST)
TRACKING_URL = PUBLIC_ORIGIN.format(host=TRACKING_HOST)
_DEMO_PAGES = ("shop", "blog", "cashback", "extension", "overlay")
DEMO_HOSTS = tuple(f"{name}.localhost" for name in _DEMO_PAGES) if DEMO else ()
# What the demo's DNS knows of other machines: it asks none (network/outside/dns.py).
DEMO_ALIASES = {"go.roesterei-blum.example": "tracking.former-network.example"} if DEMO else {}
# An advertiser's own tracking hosts are not among these: project/hosts.py sends them elsewhere.
ALLOWED_HOSTS = [SITE_HOST, TRACKING_HOST, *DEMO_HOSTS]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# Where the tracking host's server passes on what is for another host: one port for both.
SITE_SOCKET = env.str("SITE_SOCKET", default="")

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "network",
    "publishers",
    "tracking",
    "pgtrigger",
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "network.pages.site.config.NetworkAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "network.pages.site.config.SessionsConfig",
]
if not PRODUCTION and find_spec("django_migration_linter"):
    INSTALLED_APPS.append("django_migration_linter")
AUTH_USER_MODEL = "network.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "network.demo.pages.site_urls" if DEMO else "network.urls"
TRACKING_URLCONF = "network.demo.pages.tracking_urls" if DEMO else "tracking.urls"
DEMO_URLCONF = "network.demo.pages.urls"

# The admin's theme. What a page shows is said in network/pages/site/admin_site.py.
UNFOLD = {"SITE_TITLE": "Softclick", "SITE_HEADER": "Softclick", "SITE_URL": None}

# The site host's; the tracking host has a chain of its own (network/project/hosts.py).
MIDDLEWARE = [
    # First, so that errors and static files have it, too.
    "network.pages.site.middleware.ContentPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "network.pages.site.middleware.ReaderTimeZone",
    "network.pages.site.middleware.SessionInUse",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "network.pages.site.middleware.SecondFactorFirst",
    "network.pages.site.middleware.Refusal",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# The page on which the API is described has files of its own. As an application, ninja would be
# loaded by every process, with pydantic: a tenth of the time in which one starts.
_NINJA = Path(str(find_spec("ninja").origin)).parent  # type: ignore[union-attr] # a dependency
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", _NINJA / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n"],  # every template speaks
        },
    },
]

# --- Sign-in ----------------------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "network.pages.people.sign_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "network.pages.people.sign_in.SignInForm",
    "change_password": "network.pages.people.sign_in.ChangePassword",
    "reset_password_from_key": "network.pages.people.sign_in.NewPassword",
    "set_password": "network.pages.people.sign_in.FirstPassword",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]  # nobody signs up; a check asks
ACCOUNT_EMAIL_VERIFICATION = "none"  # invitations prove the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# The address of the account alone counts, and no copy of an earlier one.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - where it is
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_ADAPTER = "network.pages.people.sign_in.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "network.pages.people.sign_in.FirstCodeForm",
    "authenticate": "network.pages.people.sign_in.CodeForm",
    "reauthenticate": "network.pages.people.sign_in.CodeAgainForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Softclick"
MFA_TOTP_TOLERANCE = 1  # half-minutes by which a clock may be wrong
# Operators and owners must have a second factor.
TOTP_REQUIRED = env.bool("TOTP_REQUIRED", default=MODE in ("production", "development"))
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_SCHEME == "https"
SECURE_SSL_REDIRECT = PUBLIC_SCHEME == "https" and env.bool("SECURE_SSL_REDIRECT", default=True)
_YEAR = int(timedelta(days=365).total_seconds())
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=_YEAR if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": dict(content_policy.SITE)}

# --- Mail -------------------------------------------------------------------------------------
# Off production mails stay on the machine, as files.
_MAIL = env.email("EMAIL_URL", default="smtp://localhost:25" if PRODUCTION else "filemail://")
EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _MAIL["EMAIL_FILE_PATH"] or str(DATA_DIR / "mail")
EMAIL_HOST, EMAIL_PORT = _MAIL["EMAIL_HOST"] or "localhost", _MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("FROM_EMAIL", default=f"Softclick <no-reply@{SITE_HOST}>")

# --- Engines ----------------------------------------------------------------------------------


def _database(variable: str, **default: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where a database is, and the options for connections to it."""
    place = env.db(variable, **default)
    options = place.pop("OPTIONS", {})
    # A socket's folder, as libpq's URIs write it: user@%2Ffolder/name, or ?host=/folder
    return {**place, "HOST": unquote(options.pop("host", place["HOST"]))}, options


_DATABASE, _DATABASE_OPTIONS = _database("DATABASE_URL", default="postgres:///softclick")
DATABASES = {
    "default": {
        **_DATABASE,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 2,
            # A machine that is gone without a word is noticed within half a minute.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            **_DATABASE_OPTIONS,
        },
    }
}
# Who owns the tables, and may change what they are like: for ``migrate`` alone.
DATABASE_OWNER: dict[str, Any] = {}
APPLICATION_ROLE = ""
if env.str("MIGRATE_DATABASE_URL", default=""):
    DATABASE_OWNER, _ = _database("MIGRATE_DATABASE_URL")
    if DATABASE_OWNER["NAME"] != _DATABASE["NAME"]:
        raise ImproperlyConfigured(
            f"MIGRATE_DATABASE_URL names the database {DATABASE_OWNER['NAME']!r}, and DATABASE_URL "
            f"{_DATABASE['NAME']!r}. They must name the same one, by different roles."
        )
    if DATABASE_OWNER["USER"] != _DATABASE["USER"]:
        APPLICATION_ROLE = _DATABASE["USER"]
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # One that hangs is one that is down: a page says so after two seconds.
        "OPTIONS": {
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
            "retry": Retry(NoBackoff(), 0),
        },
    }
}


def _broker_url(redis_url: str) -> str:
    """Kombu's spelling of a redis-py URL: only unix sockets differ."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = dict(item.split("=", 1) for item in parts.query.split("&") if "=" in item).get(
        "db", "0"
    )
    return f"redis+socket://{quote(parts.path)}?virtual_host={database}"


CELERY_BROKER_URL = _broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Kombu's defaults give a dead worker's tasks back only after ~100 s.
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
FINALISE_EVERY_SECONDS = env.float("FINALISE_EVERY_SECONDS", default=30.0 if PRODUCTION else 2.0)
_PERIODIC = {
    "tracking.tasks.finalise_due": FINALISE_EVERY_SECONDS,
    "tracking.tasks.compact_rollups": 60.0,
    "tracking.tasks.resume_whatifs": 60.0,
    "publishers.tasks.sum_up_ledger": 600.0,
    "publishers.tasks.send_notices": 30.0,
    "network.tasks.send_saved_reports": 60.0,
    "tracking.tasks.forget_orders": 3600.0,
    "network.tasks.forget_answered_calls": 3600.0,
    "network.tasks.check_tracking_hosts": 60.0,
    "network.tasks.forget_sessions": 3600.0,
    "tracking.tasks.keep_partitions": 3600.0,
}
"""How often each task runs, in seconds."""
# One that waits for a worker until the next is due is dropped: where workers are slow or were away,
# those that nobody needs any more would keep the rest waiting.
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for task, seconds in _PERIODIC.items()
}
CELERY_TIMEZONE = "UTC"

# --- Tracking ---------------------------------------------------------------------------------
INTAKE = env.str("INTAKE", default="spool")
if INTAKE not in ("spool", "direct"):
    raise ImproperlyConfigured(f"INTAKE={INTAKE!r} is not one of spool, direct.")
COUNT_HEADLESS_BROWSERS = not PRODUCTION
SPOOL_DIR = Path(env.str("SPOOL_DIR", default=str(DATA_DIR / "spool")))
SPOOL_HOST = env.str("SPOOL_HOST", default=socket.gethostname())
# A clock that can be skipped ahead: in the demo, and in tests that ask for one.
_CLOCK_FILE = env.str("SOFTCLICK_CLOCK_FILE", default=str(DATA_DIR / "clock") if DEMO else "")
CLOCK_FILE = Path(_CLOCK_FILE) if _CLOCK_FILE and MODE in ("demo", "test") else None

# --- Text, time, files ------------------------------------------------------------------------
# The pages speak English. ``en-xa`` is English made to look foreign (network/pages/site/pseudo.py):
# it shows what is not marked for translation, and what would not fit.
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
if not PRODUCTION:
    LANGUAGES.append(("en-xa", "Pseudo"))
    if env.bool("SOFTCLICK_PSEUDO", default=False):
        LANGUAGE_CODE = "en-xa"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# Of the days that figures are about; times are shown in each reader's own.
NETWORK_TIME_ZONE = env.str("NETWORK_TIME_ZONE", default="UTC")
STATIC_URL = "/static/"
STATICFILES_DIRS = [_NINJA / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "network.project.logs.Short",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"not_too_many": {"()": "network.project.logs.NotTooMany"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["not_too_many"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
