"""All shells of this process."""

import asyncio
import logging

from django.db import DatabaseError

from terminal import ending as endings
from terminal.access import Target
from terminal.ending import CloseCode, Ending
from terminal.leftovers import Ledger
from terminal.protocol import Attach
from terminal.screen import Screen
from terminal.session import Cluster, Session
from terminal.timing import Timing

PER_PERSON = 5
PER_POD = 10
PER_PROCESS = 200  # about 400 KiB each, most of it TLS, and up to 1 MiB of scrollback
_STOP_SECONDS = 4

_log = logging.getLogger(__name__)


class TooMany(Exception):
    def __init__(self, why: Ending) -> None:
        super().__init__(why.reason)
        self.why = why


class Sessions:
    def __init__(self, cluster: Cluster, timing: Timing | None = None, ledger: Ledger | None = None) -> None:
        self.cluster = cluster
        self.ledger = ledger
        self.timing = timing or Timing()
        self._running: dict[str, tuple[Session, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def attach(self, screen: Screen, target: Target, wanted: Attach) -> Session:
        """Back to the shell that `wanted` names, if it is this person's and still there; else a new one.

        Raises TooMany.
        """
        session = self._find(wanted.session, target)
        resumed = session is not None
        if session is None:
            self._refuse_too_many(target)
            session = Session(target, cols=wanted.cols, rows=wanted.rows, cluster=self.cluster, timing=self.timing)
            wanted = Attach(ticket="", cols=wanted.cols, rows=wanted.rows)
            self._running[session.id] = (session, asyncio.create_task(self._run(session)))
        else:
            session.target = target  # a newer login, perhaps: that one is looked at from now on
        await session.attach(screen, wanted, resumed=resumed)
        return session

    async def end_all(self) -> None:
        """The process stops: end every shell, within a few seconds."""
        for session, _ in self._running.values():
            session.end(endings.RELAY_STOPPED)
        if tasks := [task for _, task in self._running.values()]:
            await asyncio.wait(tasks, timeout=_STOP_SECONDS)

    def _find(self, session_id: str, target: Target) -> Session | None:
        if session_id not in self._running:
            return None
        session, _ = self._running[session_id]
        old = session.target
        same = (old.user_id, old.pod_uid, old.container) == (target.user_id, target.pod_uid, target.container)
        return session if same and session.ending is None else None

    def _refuse_too_many(self, target: Target) -> None:
        others = [session.target for session, _ in self._running.values()]
        for reason, count, limit in (
            ("too-many-yours", sum(other.user_id == target.user_id for other in others), PER_PERSON),
            ("too-many-pod", sum(other.pod_uid == target.pod_uid for other in others), PER_POD),
            ("too-many", len(others), PER_PROCESS),
        ):
            if count >= limit:
                raise TooMany(Ending(reason=reason, close_code=CloseCode.TOO_MANY))

    async def _run(self, session: Session) -> None:
        name = f"{session.id[:6]} of {session.target.identity.user} in {session.target.namespace}/{session.target.pod}"
        _log.info("terminal %s opened", name)
        noting = asyncio.create_task(self._note(session))
        try:
            await session.run()
        except Exception:
            _log.exception("terminal %s failed", name)
            session.fail()
        finally:
            del self._running[session.id]
            noting.cancel()
            await asyncio.gather(noting, return_exceptions=True)
            await self._strike_out(session)
        _log.info("terminal %s closed: %s", name, session.ending.reason if session.ending else "failed")

    async def _note(self, session: Session) -> None:
        """So that somebody ends the shell should this process be killed."""
        shell = await session.started()
        if self.ledger is not None and shell is not None:
            try:
                await self.ledger.opened(shell, session.target)
            except DatabaseError:
                _log.exception("terminal %s is not noted down: were this process killed, it would stay", session.id[:6])

    async def _strike_out(self, session: Session) -> None:
        if self.ledger is not None:
            try:
                await self.ledger.closed(session.id)
            except DatabaseError:
                _log.exception("terminal %s stays noted down, and is ended once more", session.id[:6])
