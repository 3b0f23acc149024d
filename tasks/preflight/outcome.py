from dataclasses import dataclass
from enum import StrEnum

from tasks.specification import Finding


class State(StrEnum):
    PASSED = "passed"
    FOUND = "found"  # there is something to say
    UNKNOWN = "unknown"  # nobody could be asked, or no answer came in time


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check has to say. `message` is the reason of an UNKNOWN, fit to show; else empty."""

    check: str
    state: State
    findings: tuple[Finding, ...] = ()
    message: str = ""

    @property
    def blocks(self) -> bool:
        return any(finding.blocking for finding in self.findings)
