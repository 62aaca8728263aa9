"""Django settings of the site, read from environment variables and `.env`.

Every variable read here has its type and default beside it and a line in docs/settings.md.
"""

from pathlib import Path
from urllib.parse import urlsplit

from accounts.providers import (
    MicrosoftRegistration,
    OpenIDRegistration,
    Registration,
    named_providers,
    social_providers,
)
from accounts.sign_in_settings import sign_in_settings
from accounts.upstream.variables import named_api_urls, named_scopes
from mcpsite.environment import Environment, read_env_file
from mcpsite.limit_settings import limit_settings
from mcpsite.shared_state import shared_state_settings
from oauth_bridge.provider_settings import PRIVATE_USE_SCHEMES, provider_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
read_env_file(BASE_DIR / ".env")

# --- Where this server is -------------------------------------------------------------------

PORT = env.port("PORT", default=8000)
# Issuer, resource and every link are made from this one URL, never from a request's headers.
PUBLIC_URL = env.site_url("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
_secure = _public.scheme == "https"
_loopback = ["localhost", "127.0.0.1", "[::1]"]

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = [
    _public.hostname or "localhost",
    *env.list("ALLOWED_HOSTS", default=[]),
    *(_loopback if _public.hostname in ("localhost", "127.0.0.1", "::1") else []),
]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# --- Rooms ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "mcpsite.admin_site.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.microsoft",
    "accounts.openid_connect",
    "oauth2_provider",
    "mcpsite",
    "accounts",
    "oauth_bridge",
    "mcp_endpoint",
    # Tools apps: each has an `mcp.py` that is found at start-up.
    "demo_tools",
]

MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "mcpsite.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SignInMiddleware",
    "mcpsite.headers.content_security_policy",
    "oauth_bridge.middleware.OpenerPolicyMiddleware",
]

ROOT_URLCONF = "mcpsite.urls"
ASGI_APPLICATION = "mcpsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mcpsite.context.site",
                "accounts.context.people",
            ],
        },
    },
]

# --- Storage --------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=BASE_DIR / "db.sqlite3")}
# Django gives every request a thread of its own, so a connection that was kept would serve nobody again, and a
# PostgreSQL server would run out of them. The threads of the MCP Endpoint live on and keep theirs.
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue instead of failing: WAL, the write lock taken at BEGIN, twenty seconds of patience.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# What several processes share; one alone needs none.
REDIS_URL = env.redis("REDIS_URL")
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=1)
vars().update(shared_state_settings(REDIS_URL, PUBLIC_URL))

# --- People ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.password_backend.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    # Never the first: it is for generated client secrets alone.
    "oauth_bridge.hashers.ClientSecretHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
# Who may make an account: "closed", "invited", "domains" (those of SIGN_UP_DOMAINS, and who is invited) or "open".
SIGN_UP = env.str("SIGN_UP", default="closed")
SIGN_UP_DOMAINS = env.list("SIGN_UP_DOMAINS", default=[])
LOCAL_PASSWORDS = env.bool("LOCAL_PASSWORDS", default=True)
# Seconds for one call to an identity provider.
SIGN_IN_TIMEOUT = env.int("SIGN_IN_TIMEOUT", default=5)
# Without EMAIL_URL, mail is printed while DEBUG is on; else none is sent, and pages do not offer it.
vars().update(env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default=f"mcp@{_public.hostname}")
vars().update(sign_in_settings(sends_email=not vars()["EMAIL_BACKEND"].endswith(".dummy.EmailBackend")))
# Rates count by address; behind a proxy that is the one which the last so many proxies saw.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SOCIALACCOUNT_PROVIDERS = social_providers(
    google=Registration(env.str("GOOGLE_CLIENT_ID", default=""), env.str("GOOGLE_CLIENT_SECRET", default="")),
    github=Registration(env.str("GITHUB_CLIENT_ID", default=""), env.str("GITHUB_CLIENT_SECRET", default="")),
    github_email_login=env.bool("GITHUB_EMAIL_LOGIN", default=False),
    microsoft=MicrosoftRegistration(
        env.str("MICROSOFT_CLIENT_ID", default=""),
        env.str("MICROSOFT_CLIENT_SECRET", default=""),
        tenant=env.str("MICROSOFT_TENANT", default="common"),
        verified_domains=tuple(env.list("MICROSOFT_VERIFIED_DOMAINS", default=[])),
    ),
    oidc=[
        OpenIDRegistration(
            env.str("OIDC_CLIENT_ID", default=""),
            env.str("OIDC_CLIENT_SECRET", default=""),
            issuer=env.str("OIDC_ISSUER", default=""),
            name=env.str("OIDC_NAME", default="OpenID Connect"),
            # Whether the provider's word on a verified e-mail address signs in the user who has that address.
            email_login=env.bool("OIDC_EMAIL_LOGIN", default=False),
            verified_domains=tuple(env.list("OIDC_VERIFIED_DOMAINS", default=[])),
        ),
        # Each of these has the same variables with its name in them: OIDC_OKTA_ISSUER.
        *named_providers(env, env.list("OIDC_PROVIDERS", default=[])),
    ],
)
# A GitHub Enterprise Server instead of github.com.
if GITHUB_URL := env.str("GITHUB_URL", default="").rstrip("/"):
    SOCIALACCOUNT_PROVIDERS.get("github", {})["GITHUB_URL"] = GITHUB_URL
# What users lend to tools is sealed with these: the first seals, all open. SECRET_KEY where there is none.
UPSTREAM_KEYS = env.secrets("UPSTREAM_KEYS")
# What linking an account asks for beyond what sign-in asks. `offline_access` is how a refresh token is asked for.
UPSTREAM_SCOPES = {
    "github": env.list("GITHUB_TOOL_SCOPES", default=[]),
    "google": env.list("GOOGLE_TOOL_SCOPES", default=[]),
    "microsoft": env.list("MICROSOFT_TOOL_SCOPES", default=["offline_access"]),
    "oidc": env.list("OIDC_TOOL_SCOPES", default=["offline_access"]),
    **named_scopes(env, env.list("OIDC_PROVIDERS", default=[])),
}
UPSTREAM_API_URLS = {
    "oidc": env.str("OIDC_API_URL", default=""),
    **named_api_urls(env, env.list("OIDC_PROVIDERS", default=[])),
}
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Web ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Files are served from where they are, so that no start and no deployment needs collectstatic.
WHITENOISE_USE_FINDERS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None

# --- OAuth ----------------------------------------------------------------------------------

OAUTH_BRIDGE_RESOURCES = "mcp_endpoint.endpoints.protected_resources"
OAUTH_BRIDGE_RECENT_CALLS = "mcp_endpoint.ledger.recent_calls"
OAUTH_BRIDGE_RECENT_CALLS_OF_CLIENT = "mcp_endpoint.ledger.recent_calls_of_client"
OAUTH_BRIDGE_SIGHT = "mcp_endpoint.sight.sighted"
OAUTH_BRIDGE_MORE_CLEANUP = ["mcp_endpoint.ledger.clear_old_calls"]
OAUTH_BRIDGE_REDIRECT_SCHEMES = env.list("OAUTH_REDIRECT_SCHEMES", default=list(PRIVATE_USE_SCHEMES))
OAUTH_BRIDGE_REFRESH_GRACE = env.int("OAUTH_REFRESH_GRACE", default=30)
OAUTH_BRIDGE_REFRESH_ABSOLUTE = env.int("OAUTH_REFRESH_ABSOLUTE_SECONDS", default=180 * 24 * 3600)
# Who may register a client by itself: "open", "token" (who has OAUTH_REGISTRATION_TOKEN) or "off".
OAUTH_BRIDGE_REGISTRATION = env.str("OAUTH_REGISTRATION", default="open")
OAUTH_BRIDGE_REGISTRATION_TOKEN = env.str("OAUTH_REGISTRATION_TOKEN", default="")
OAUTH_BRIDGE_REGISTRATION_RATE = env.str("OAUTH_REGISTRATION_RATE", default="60/h/ip")
OAUTH_BRIDGE_REGISTRATION_RATE_ALL = env.str("OAUTH_REGISTRATION_RATE_ALL", default="1000/h")
OAUTH_BRIDGE_CLIENT_SECRET_SECONDS = env.int("OAUTH_CLIENT_SECRET_SECONDS", default=90 * 24 * 3600)
OAUTH_BRIDGE_UNUSED_CLIENT_SECONDS = env.int("OAUTH_UNUSED_CLIENT_SECONDS", default=24 * 3600)
# What is held back from a connection until its user has seen it: tools that "changed", "all" (new ones too) or "off".
OAUTH_BRIDGE_TOOL_REVIEW = env.str("OAUTH_TOOL_REVIEW", default="changed")
OAUTH_BRIDGE_DEVICE_FLOW = env.bool("OAUTH_DEVICE_FLOW", default=True)
OAUTH_BRIDGE_CLIENT_CREDENTIALS = env.bool("OAUTH_CLIENT_CREDENTIALS", default=True)
OAUTH_BRIDGE_ACCESS_TOKEN_FORMAT = env.str("OAUTH_ACCESS_TOKEN_FORMAT", default="opaque")
# One line in `.env`, so its line breaks may be written as \n.
OAUTH_BRIDGE_SIGNING_KEYS = env.str("OAUTH_SIGNING_KEYS", default="").replace("\\n", "\n")
# Hosts of client metadata documents: "example.com" is that host, ".example.com" its subdomains too.
OAUTH_BRIDGE_CIMD_ALLOW = env.list("OAUTH_CIMD_ALLOW", default=[])
OAUTH_BRIDGE_CIMD_BLOCK = env.list("OAUTH_CIMD_BLOCK", default=[])
OAUTH_BRIDGE_TRUSTED_DOMAINS = env.list("OAUTH_TRUSTED_DOMAINS", default=[])
# The flight recorder: one row for each attempt to connect.
OAUTH_BRIDGE_ATTEMPTS = env.bool("OAUTH_ATTEMPTS", default=True)
OAUTH_BRIDGE_ATTEMPT_DAYS = env.int("OAUTH_ATTEMPT_DAYS", default=30)
# For tests alone: fetches client metadata documents from this machine, over plain http too.
OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK = env.bool("OAUTH_BRIDGE_CIMD_ALLOW_LOOPBACK", default=False)
# All of them: the toolkit's migrations break when only some are declared.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth_bridge.Client"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth2_provider.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth2_provider.RefreshToken"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth2_provider.Grant"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth2_provider.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "oauth2_provider.DeviceGrant"
OAUTH2_PROVIDER = provider_settings(
    PUBLIC_URL,
    code_seconds=env.int("OAUTH_CODE_SECONDS", default=60),
    access_seconds=env.int("OAUTH_ACCESS_TOKEN_SECONDS", default=3600),
    refresh_seconds=env.int("OAUTH_REFRESH_TOKEN_SECONDS", default=30 * 24 * 3600),
    private_schemes=OAUTH_BRIDGE_REDIRECT_SCHEMES,
)
# It would have http go from the redirect schemes, but programs on the user's computer need it (RFC 8252 §7.3);
# oauth_bridge.redirect_uris refuses it for any other host.
SILENCED_SYSTEM_CHECKS = ["oauth2_provider.W008"]
# At DEBUG these write codes, tokens and secrets into the log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"oauthlib": {"level": "INFO"}, "oauth2_provider": {"level": "INFO"}},
}
# Browser clients may ask from anywhere, and never with a cookie. The MCP paths have rules of their own.
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/(.*/)?\.well-known/|^/(token|register(/[^/]+)?|revoke|device_authorization)/?$"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "mcp-protocol-version", "user-agent"]
CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate"]

# --- MCP ------------------------------------------------------------------------------------

MCP_ENDPOINTS = {
    "default": {
        "path": "/mcp",
        "title": env.str("MCP_TITLE", default="Django MCP server"),
        "instructions": env.str("MCP_INSTRUCTIONS", default=""),
    }
}
MCP_SESSIONS = env.bool("MCP_SESSIONS", default=True)
MCP_ALLOWED_ORIGINS = env.list("MCP_ALLOWED_ORIGINS", default=[])
vars().update(limit_settings(env))
MCP_NEAR_CACHE_SECONDS = env.int("MCP_NEAR_CACHE_SECONDS", default=10)
# One row for each tool call. "strict": none is answered before its row is committed.
MCP_LEDGER = env.choice("MCP_LEDGER", ("off", "on", "strict"), default="on")
MCP_LEDGER_DAYS = env.int("MCP_LEDGER_DAYS", default=90)
MCP_AUTHENTICATOR = "oauth_bridge.bearer.verify"
