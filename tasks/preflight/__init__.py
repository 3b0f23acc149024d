"""What can be known of a task before it is submitted: each check by itself, side by side, within its own time.

Nothing is promised: between this and the submit the cluster may change, and the submit is judged again.
"""

from tasks.preflight.outcome import Outcome, State
from tasks.preflight.running import CHECKS, Check, check_named, run_all, run_check
from tasks.preflight.subject import NO_OPERATION, Subject, subject_for
from tasks.preflight.weighed import WEIGHED

__all__ = [
    "CHECKS",
    "NO_OPERATION",
    "WEIGHED",
    "Check",
    "Outcome",
    "State",
    "Subject",
    "check_named",
    "run_all",
    "run_check",
    "subject_for",
]
