"""Reading answers: a Status becomes one of our errors, JSON becomes a manifest. No I/O."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from console.cluster.errors import (
    AlreadyExists,
    Cause,
    ClusterError,
    ClusterUnavailable,
    Forbidden,
    Gone,
    NotFound,
    Rejected,
)
from console.cluster.resources import Manifest

_RETRY_AFTER_MAX = 60.0  # seconds; a server that says more is asked again anyway
_TEXT_MAX = 512  # characters of a plain-text answer that are shown: enough for one line of Go's
# ClusterUnavailable.reason when the API server could not ask an admission webhook: nothing of those kinds can be
# created or changed by anybody until the operator runs again.
WEBHOOK_DOWN = "WebhookDown"
_BY_STATUS: Mapping[int, type[ClusterError]] = {
    400: Rejected,
    401: Forbidden,
    404: NotFound,
    409: Rejected,
    410: Gone,
    413: Rejected,
    422: Rejected,
}
# RBAC words its refusals in this one way; every other 403 comes from admission (a webhook, a quota, a namespace that
# is going away) and speaks about the object, not about a right.
_NO_RIGHT = re.compile(r'forbidden: User "')
_ADMISSION = re.compile(r"denied the request|is forbidden: ")


def manifest_of(body: bytes, *, words: str) -> Manifest:
    """The JSON object in a successful answer. Raises ClusterUnavailable for anything else (a proxy's page)."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise ClusterUnavailable(f"{words}: the answer was not JSON.") from exc
    if not isinstance(found, dict):
        raise ClusterUnavailable(f"{words}: the answer was not a JSON object.")
    return found


def error_of(status: int, body: bytes, *, words: str, retry_after: str = "") -> ClusterError:
    """The error behind an answer that is not a success; its message is the server's own where there is one."""
    found = _status_in(body)
    message = str(found.get("message") or "") or _text(body) or f"{words}: the API server answered {status}."
    reason = str(found.get("reason") or "")
    causes = _causes(found)
    if status == 408 or status == 429 or status >= 500:
        if "failed calling webhook" in message:
            reason = WEBHOOK_DOWN
        seconds = _retry_after(retry_after, found)
        return ClusterUnavailable(message, reason=reason, status=status, causes=causes, retry_after_seconds=seconds)
    kind = _BY_STATUS.get(status, ClusterError)
    if status == 403:
        kind = Rejected if _ADMISSION.search(message) and not _NO_RIGHT.search(message) else Forbidden
    elif status == 409 and reason == "AlreadyExists":
        kind = AlreadyExists
    return kind(message, reason=reason, status=status, causes=causes)


def error_in_watch(status: Manifest, *, words: str) -> ClusterError:
    """The error behind a watch's ERROR event, whose object is a Status."""
    code = status.get("code")
    return error_of(code if isinstance(code, int) else 500, msgspec.json.encode(status), words=words)


def _status_in(body: bytes) -> Manifest:
    """The Status object, or {}: other bodies may hold anything, and are not shown as if the API server spoke."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _text(body: bytes) -> str:
    """A short plain text, as Go's http.Error writes it (impersonation without a user, kubelet errors); no markup."""
    text = body.decode(errors="replace").strip()
    return text if len(text) <= _TEXT_MAX and not text.startswith(("<", "{", "[")) else ""


def _causes(status: Manifest) -> tuple[Cause, ...]:
    causes = _dict(status.get("details")).get("causes")
    if not isinstance(causes, list):
        return ()
    found = [cause for cause in causes if isinstance(cause, dict)]
    return tuple(
        Cause(
            field=str(cause.get("field", "")),
            message=str(cause.get("message", "")),
            reason=str(cause.get("reason", "")),
        )
        for cause in found
    )


def _retry_after(header: str, status: Manifest) -> float:
    asked: object = header or _dict(status.get("details")).get("retryAfterSeconds") or 0
    try:
        seconds = float(str(asked))
    except ValueError:  # an HTTP date: Kubernetes never sends one
        return 0.0
    return min(seconds, _RETRY_AFTER_MAX) if seconds > 0 else 0.0  # also for "nan"


def _dict(value: Any) -> Manifest:
    return value if isinstance(value, dict) else {}
