"""Settings, read once from the environment; docs/operations.md lists every variable.

Without any variable this is the local mode of `make run`: SQLite and secrets in one state folder, loopback only.
"""

import os
import secrets
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(os.environ.get("TRAINYARD_STATE", BASE_DIR / ".trainyard"))


def _flag(name: str, default: bool = False) -> bool:
    """A variable that is 0 or 1; anything else is a mistake to hear about at once."""
    value = os.environ.get(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def _names(name: str, default: str) -> list[str]:
    return [part for part in os.environ.get(name, default).split(",") if part]


def _local_secret(name: str) -> str:
    """A random secret of this state folder, made at the first start, readable by its owner alone."""
    path = STATE_DIR / "secrets" / name
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        value = secrets.token_urlsafe(48)
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(value)
        except FileExistsError:  # another process of the same first start was quicker
            return path.read_text()
        return value


# Local mode: one machine, loopback, demo people. Set TRAINYARD_LOCAL=0 for an installation.
LOCAL_MODE = _flag("TRAINYARD_LOCAL", default=True)
DEBUG = _flag("TRAINYARD_DEBUG")
SECRET_KEY = os.environ.get("TRAINYARD_SECRET_KEY") or (_local_secret("secret-key") if LOCAL_MODE else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set TRAINYARD_SECRET_KEY (50 random characters or more), or TRAINYARD_LOCAL=1.")
# Encrypt drafts, templates and the manifests that were asked for (console/sealing.py): the first encrypts, all decrypt.
DRAFT_KEYS = _names("TRAINYARD_DRAFT_KEYS", "") or ([_local_secret("draft-key")] if LOCAL_MODE else [])
if not DRAFT_KEYS or any(len(key) < 32 for key in DRAFT_KEYS):
    raise ImproperlyConfigured(
        "Set TRAINYARD_DRAFT_KEYS: one or more random texts of 32 characters or more, by commas."
    )

WEB_PORT = int(os.environ.get("PORT", "8000"))
TERMINAL_PORT = WEB_PORT + 1  # terminal and log follow: the one process that streams
ALLOWED_HOSTS = _names("TRAINYARD_HOSTS", "127.0.0.1,localhost")
# Where browsers find us: scheme, host and port; sockets accept no other Origin.
WEB_ORIGINS = _names("TRAINYARD_ORIGINS", f"http://127.0.0.1:{WEB_PORT},http://localhost:{WEB_PORT}")
# Empty: the terminal is at TERMINAL_PORT of the page's own host. Behind an ingress: the same origin ("wss://host").
TERMINAL_ORIGIN = os.environ.get("TRAINYARD_TERMINAL_ORIGIN", "")
HTTPS = all(origin.startswith("https://") for origin in WEB_ORIGINS)

INSTALLED_APPS = [
    "template_partials",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "console",
    "console.people",
    "console.index",
    "namespaces",
    "console.registries",
    "tasks",
    "terminal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.web.middleware.PrivatePagesMiddleware",
    "console.web.sending.SignedOutPostsMiddleware",
    "console.web.errors.ClusterErrorsMiddleware",
]
ROOT_URLCONF = "console.urls"
FORM_RENDERER = "console.web.forms.ConsoleRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "console.web.context.page",
            ],
            "builtins": ["console.web.templatetags.components"],
        },
    }
]

# Two databases: what people did (kept) and what was observed (may be dropped and rebuilt). docs/architecture.md.
if database_url := os.environ.get("DATABASE_URL"):
    _postgres = dj_database_url.parse(database_url, conn_max_age=600, conn_health_checks=True)

    def _schema(name: str) -> dict[str, object]:
        options = {**_postgres.get("OPTIONS", {}), "options": f"-c search_path={name} -c statement_timeout=5000"}
        return {**_postgres, "OPTIONS": options}

    DATABASES = {"default": _schema("console"), "index": _schema("index")}
else:

    def _sqlite(name: str) -> dict[str, object]:
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
        }
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": STATE_DIR / f"{name}.sqlite3",
            "CONN_MAX_AGE": None,  # to open both files anew costs each page 3 ms: a fifth of a small one
            "OPTIONS": options,
            "TEST": {"NAME": str(STATE_DIR / f"test-{name}.sqlite3")},
        }

    DATABASES = {"default": _sqlite("console"), "index": _sqlite("index")}
DATABASE_ROUTERS = ["console.index.router.IndexRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["console.people.accounts.AccountBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_NAME = "language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # what the next page says once
CSRF_FAILURE_VIEW = "console.web.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = WEB_ORIGINS
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
BEHIND_PROXY = _flag("TRAINYARD_BEHIND_PROXY")  # only then are X-Forwarded-For and -Proto believed
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

# Nothing but our own files and the terminal process's sockets; the terminal's own document differs (terminal/views.py).
_local_sockets = [f"ws://{host}:{TERMINAL_PORT}" for host in ALLOWED_HOSTS]
_terminal_sockets = [TERMINAL_ORIGIN] if TERMINAL_ORIGIN else _local_sockets
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_terminal_sockets],
        "frame-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = os.environ.get("TRAINYARD_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / ".static-root"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "console.web.static.HashedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# The cluster: two credentials, each a kubeconfig. Without a file, the pod's own service account is used.
_kubeconfigs = STATE_DIR / "kubeconfig"
CLUSTER_PROXY_KUBECONFIG = os.environ.get("TRAINYARD_PROXY_KUBECONFIG", str(_kubeconfigs / "console-proxy.yaml"))
CLUSTER_WATCH_KUBECONFIG = os.environ.get("TRAINYARD_WATCH_KUBECONFIG", str(_kubeconfigs / "console-watch.yaml"))
# A namespace is offered for tasks when it carries this label (its value is the class).
NAMESPACE_CLASS_LABEL = "trainyard.io/class"
TASK_CLASSES = frozenset(_names("TRAINYARD_TASK_CLASSES", "gpu"))  # of namespaces that take new tasks
LOCAL_IMAGES = ("python:3.11-slim", "busybox:1.36", "trainyard/train:1") if LOCAL_MODE else ()  # it can pull no others
CPU_FLAVORS = _flag("TRAINYARD_CPU_FLAVORS", default=LOCAL_MODE)
CURRENCY = os.environ.get("TRAINYARD_CURRENCY", "CNY")  # of the flavors' prices; empty: none are shown
CATALOGUE_CHECK_SECONDS = 2.0  # how long a process believes what it read of the flavors
# Image registries that may be in private networks, or on this machine: "harbor.corp", "127.0.0.1:5000", "*.corp".
REGISTRY_HOSTS = frozenset(name.strip().lower() for name in _names("TRAINYARD_REGISTRY_HOSTS", ""))
DRAFT_DAYS = int(os.environ.get("TRAINYARD_DRAFT_DAYS", "30"))  # a draft that nobody touched for so long is deleted
KEPT_MANIFEST_DAYS = int(os.environ.get("TRAINYARD_KEPT_MANIFEST_DAYS", "180"))  # of tasks that are gone, for clones
# A task with 200 variables and 200 files in each of four roles has 8,100 fields, and they have to reach the draft in
# one POST, without scripts too. Django's 1,000 guard against colliding hashes, which Python has not had since 3.4.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Twice what etcd takes of one object. Pages stop what is larger themselves, and the rest gets a page that says so.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**19

VALKEY_URL = os.environ.get("VALKEY_URL", f"unix://{STATE_DIR}/run/valkey.sock")
CELERY_BROKER_URL = VALKEY_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tasks.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "tasks.api.authentication.InScope",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["tasks.api.throttle.PerToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tasks.api.parsing.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tasks.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Trainyard",
    "DESCRIPTION": "Training tasks on Kubernetes. Every request acts as the person whose token it carries.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tasks.api.schema.with_problems",
    ],
}

# To standard error, where the supervisor or the container runtime collects it: ids and reasons, never manifests.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "httpx": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
