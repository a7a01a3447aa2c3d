"""Apache Superset's configuration for this project: on loopback, in Chinese, with nothing from outside.

`SIJIKU_BI_HOME` names the folder of Superset's own database; the key that signs sessions is `SUPERSET_SECRET_KEY`, or
the file `secret_key` there, which is its owner's alone. What is not set here is as Superset has it: sanitised HTML, no
JavaScript in charts, no public role, no connection to files by SQLite.
"""

import os
import stat
from pathlib import Path

_HOME = Path(os.environ["SIJIKU_BI_HOME"])


def _secret_key() -> str:
    given = os.environ.get("SUPERSET_SECRET_KEY")
    if given:
        return given
    path = _HOME / "secret_key"
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PermissionError(f"{path} is open to others: chmod 600")
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = _secret_key()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_HOME / 'superset.db'}"

APP_NAME = "四级库 Sijiku"
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "us", "name": "English"}}
D3_TIME_FORMAT = {"date": "%Y-%m-%d", "dateTime": "%Y-%m-%d %H:%M:%S", "time": "%H:%M:%S"}

# Answers are not kept: each user reads with the own rights. Whoever turns a cache on keeps them apart by user.
FEATURE_FLAGS = {"CACHE_QUERY_BY_USER": True, "CACHE_IMPERSONATION": True}

# Pages load from this server alone: no tiles, no fonts, no pixels that count.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    # loopback; behind a proxy that speaks TLS both are true
    "force_https": False,
    "session_cookie_secure": False,
}
