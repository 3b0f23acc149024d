"""What can be wrong with a registry: one code each; `wording.py` says them."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    UNREACHABLE = "unreachable"  # refused, reset, no route
    NO_ANSWER = "no_answer"  # not within the time
    NAME_UNKNOWN = "name_unknown"  # no such host
    TLS = "tls"  # its certificate is not trusted, or it speaks no TLS
    ADDRESS = "address"  # leads to an address that is never asked; detail: host
    DENIED = "denied"
    NOT_FOUND = "not_found"
    LIMITED = "limited"  # 429
    TOO_LARGE = "too_large"
    BAD_ANSWER = "bad_answer"  # not what a registry says
    REDIRECT = "redirect"  # to a host that is not one of its own; detail: that host
    REALM = "realm"  # tokens from a host that is not one of its own; detail: that host
    FAILED = "failed"  # 5xx; detail: the status
    NO_CATALOGUE = "no_catalogue"  # it keeps its list to itself
    SECRET_MISSING = "secret_missing"  # noqa: S105  # detail: the Secret's name
    SECRET_DENIED = "secret_denied"  # noqa: S105  # this person may not read it; detail: its name
    SECRET_OTHER = "secret_other"  # noqa: S105  # it has nothing for this host; detail: its name
    KEY_LOST = "key_lost"  # the stored password cannot be decrypted any more
    CLUSTER_AWAY = "cluster_away"  # so the Secret cannot be read
    NOT_CONFIGURED = "not_configured"  # nobody named this registry; detail: host
    FAULT = "fault"  # of ours; the log has it


@dataclass(frozen=True, slots=True)
class Trouble:
    code: Code
    detail: str = ""
    retry_after_seconds: int = 0


class RegistryTrouble(Exception):
    """Raised wherever a registry cannot be asked, or answers what cannot be used."""

    def __init__(self, code: Code, detail: str = "", *, retry_after_seconds: int = 0) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.trouble = Trouble(code, detail[:200], retry_after_seconds)
