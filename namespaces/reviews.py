"""Access reviews, remembered for seconds, so that a page does not ask the cluster twenty times.

What is remembered is a hint for what is shown; whatever is done is decided by the cluster when it is done.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from console.cluster import ClusterUnavailable, Decision, Identity, Resource

ALLOWED_SECONDS = 15
DENIED_SECONDS = 5  # short: somebody is waiting for a right that was just given
EXTENDED_SECONDS = 300  # the last "yes" to reading, while the cluster cannot be asked
AWAY_SECONDS = 2  # after a failure nobody else waits for one: a page asks about many namespaces
AWAY_SECONDS_MAX = 16  # the pause doubles while it stays away: a cluster that hangs costs seconds a question
SLOW_SECONDS = 1  # a question under way for longer: who has an earlier answer to go by does not wait beside it
_REMEMBERED_MAX = 20_000  # answers; some 300 bytes each
_READING = frozenset({"get", "list", "watch"})
# "get pods/exec" opens a shell: the verb alone does not make it reading.
_READABLE = frozenset({"", "log", "status"})


@dataclass(frozen=True, slots=True)
class Question:
    """May this person do that? The whole of it is the key: nobody is answered from somebody else's memory."""

    identity: Identity
    verb: str
    resource: Resource
    namespace: str  # "": in all namespaces
    subresource: str = ""

    @property
    def reads(self) -> bool:
        return self.verb in _READING and self.subresource in _READABLE


@dataclass(frozen=True, slots=True)
class Review:
    decision: Decision
    uncertain: bool = False  # the last positive answer; the cluster cannot be asked now


@dataclass(frozen=True, slots=True)
class _Answer:
    decision: Decision
    at: float


class Reviews:
    """Asks each question once at a time, however many threads want to know."""

    def __init__(self, ask: Callable[[Question], Decision], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: dict[Question, _Answer] = {}
        self._asking: dict[Question, threading.Lock] = {}
        self._lock = threading.Lock()
        self._away: ClusterUnavailable | None = None  # the last failure, since when nothing has been answered
        self._away_until = 0.0
        self._away_pause = float(AWAY_SECONDS)
        self._asked_at: dict[Question, float] = {}  # the questions under way

    def decide(self, question: Question) -> Review:
        """The answer, at most seconds old. Raises ClusterUnavailable when there is none to go by."""
        if answer := self._fresh(question):
            return Review(answer.decision)
        if self._hangs() and self._extends(question):
            return Review(Decision(True), uncertain=True)
        with self._lock:
            asking = self._asking.setdefault(question, threading.Lock())
        try:
            with asking:
                if answer := self._fresh(question):  # somebody else has just asked
                    return Review(answer.decision)
                return Review(self._ask_now(question))
        except ClusterUnavailable:
            if self._extends(question):
                return Review(Decision(True), uncertain=True)
            raise
        finally:
            with self._lock:
                self._asking.pop(question, None)

    def _ask_now(self, question: Question) -> Decision:
        if self._away and self._clock() < self._away_until:
            raise ClusterUnavailable(str(self._away))
        with self._lock:
            self._asked_at[question] = self._clock()
        try:
            decision = self._ask(question)
        except ClusterUnavailable as exc:
            self._note_failure(exc)
            raise
        finally:
            with self._lock:
                self._asked_at.pop(question, None)
        self._away, self._away_pause = None, float(AWAY_SECONDS)
        with self._lock:
            if len(self._answers) >= _REMEMBERED_MAX:
                self._drop_old()
            self._answers[question] = _Answer(decision, self._clock())
        return decision

    def _note_failure(self, exc: ClusterUnavailable) -> None:
        """An answer, even 429 or 500, is about this question; no answer at all is about the cluster."""
        if exc.status:
            return
        self._away_pause = min(self._away_pause * 2, AWAY_SECONDS_MAX) if self._away else float(AWAY_SECONDS)
        self._away, self._away_until = exc, self._clock() + self._away_pause

    def _hangs(self) -> bool:
        """Whether somebody has been waiting for an answer for long: a few threads draw all pages."""
        with self._lock:
            oldest = min(self._asked_at.values(), default=None)
        return oldest is not None and self._clock() - oldest > SLOW_SECONDS

    def _fresh(self, question: Question) -> _Answer | None:
        answer = self._answers.get(question)
        if answer is None:
            return None
        seconds = ALLOWED_SECONDS if answer.decision.allowed else DENIED_SECONDS
        return answer if self._clock() - answer.at < seconds else None

    def _extends(self, question: Question) -> bool:
        """A denial is never extended, and no right to change anything."""
        answer = self._answers.get(question)
        return (
            answer is not None
            and answer.decision.allowed
            and question.reads
            and self._clock() - answer.at < EXTENDED_SECONDS
        )

    def _drop_old(self) -> None:
        now = self._clock()
        kept = {question: answer for question, answer in self._answers.items() if now - answer.at < ALLOWED_SECONDS}
        self._answers = kept if len(kept) < _REMEMBERED_MAX else {}
