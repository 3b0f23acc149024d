"""What can go wrong with the cluster, in our words.

    ClusterError
    ├── ClusterUnavailable   nobody answered, or 429, or 5xx: worth a retry
    ├── Forbidden            401, 403: never worth a retry
    ├── NotFound             404
    ├── Rejected             400, 409, 413, 422: the server's words are fit to show
    │   └── AlreadyExists    409 AlreadyExists
    └── Gone                 410, or a watch's ERROR: list again

The client library's own exceptions never leave this package; each is chained as the cause of one of these.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of Status.details.causes: `field` is a path such as "spec.tfReplicaSpecs.Worker.replicas"."""

    field: str
    message: str
    reason: str = ""


class ClusterError(Exception):
    """Base of everything this package raises. `str(error)` is the server's own message where there is one."""

    def __init__(self, message: str, *, reason: str = "", status: int = 0, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.reason = reason  # Kubernetes Status.reason, e.g. "AlreadyExists"
        self.status = status  # the HTTP status, 0 where there was no answer
        self.causes = causes


class ClusterUnavailable(ClusterError):
    """The API server did not answer, or answered 429 or 5xx. Worth a retry."""

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        status: int = 0,
        causes: tuple[Cause, ...] = (),
        retry_after_seconds: float = 0,
    ) -> None:
        super().__init__(message, reason=reason, status=status, causes=causes)
        self.retry_after_seconds = retry_after_seconds  # from Retry-After, within 0…60


class Forbidden(ClusterError):
    """401 or 403: the person lacks this right. Never worth a retry."""


class NotFound(ClusterError):
    """404."""


class Rejected(ClusterError):
    """The API server refused the request; its words are fit to show to the person."""


class AlreadyExists(Rejected):
    """409 with reason AlreadyExists."""


class Gone(ClusterError):
    """410, or a watch's ERROR event with code 410: the version is too old, list again."""
