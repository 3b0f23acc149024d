import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from console.supervisor.services import Service, ServiceFailed, start

RESTART_SECONDS = (0.5, 1, 2, 5, 10)  # pauses before the 1st, 2nd, … restart of a service that keeps dying
HEALTHY_SECONDS = 60  # after so long the next death counts as the first


class ProcessTree:
    """Starts services in order, restarts what dies, ends all in reverse order.

    Every service is killed by the kernel when this process dies, also by SIGKILL.
    """

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._running: dict[int, Service] = {}
        self._started_at: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._due: list[tuple[float, Service]] = []
        self._once: set[str] = set()
        self._stopping = False

    def start(self, service: Service) -> None:
        pid = start(service, log=self._log_of(service), supervisor_pid=os.getpid())
        self._running[pid] = service
        self._started_at[service.name] = time.monotonic()

    def start_announced(self, service: Service) -> int:
        """Start a service that says on its standard output when it is ready; see `await_line`."""
        reader, writer = os.pipe()
        pid = start(service, log=self._log_of(service), supervisor_pid=os.getpid(), ready_fd=writer)
        os.close(writer)
        self._running[pid] = service
        self._started_at[service.name] = time.monotonic()
        return reader

    def start_once(self, service: Service) -> None:
        """Start something that ends by itself and is not started again."""
        self._once.add(service.name)
        self.start(service)

    def await_line(self, reader: int, service: Service, line: str, *, seconds: float) -> None:
        """Wait until the service has said a line that begins with `line`.

        The pipe stays open, or the next thing the service says would end it by SIGPIPE.
        Raises ServiceFailed when it ends first or takes longer than `seconds`.
        """
        if not _line_appears(reader, line, time.monotonic() + seconds):
            raise ServiceFailed(f"{service.name} did not start; its last words are in {self._log_of(service)}")

    def process_ids(self) -> list[int]:
        return list(self._running)

    def run(self) -> None:
        """Watch over the services until SIGINT or SIGTERM; then end them and return."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        while not self._stopping:
            self._reap()
            self._restart_due()
            time.sleep(0.1)
        self.stop()

    def stop(self) -> None:
        """End all services, the last started first; those that do not listen are killed."""
        self._stopping = True
        for pid, service in reversed(list(self._running.items())):
            _signal(pid, service.stop_signal)
        deadline = time.monotonic() + max((s.stop_seconds for s in self._running.values()), default=0)
        while self._running and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.02)
        for pid in list(self._running):
            _signal(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            del self._running[pid]

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _reap(self) -> None:
        for pid, service in list(self._running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if not done:
                continue
            del self._running[pid]
            if not self._stopping and service.name not in self._once:
                self._plan_restart(service, os.waitstatus_to_exitcode(status))

    def _plan_restart(self, service: Service, code: int) -> None:
        now = time.monotonic()
        healthy = now - self._started_at[service.name] > HEALTHY_SECONDS
        deaths = 0 if healthy else self._deaths.get(service.name, 0)
        pause = RESTART_SECONDS[min(deaths, len(RESTART_SECONDS) - 1)]
        self._deaths[service.name] = deaths + 1
        self._due.append((now + pause, service))
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        self._say(f"{service.name} {how}; starting it again in {pause:g} s (log: {self._log_of(service)})")

    def _restart_due(self) -> None:
        now = time.monotonic()
        due = [service for at, service in self._due if at <= now]
        self._due = [(at, service) for at, service in self._due if at > now]
        for service in due:
            self.start(service)

    def _log_of(self, service: Service) -> Path:
        return self._logs / f"{service.name}.log"


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _line_appears(reader: int, line: str, deadline: float) -> bool:
    seen = b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], left)
        if not ready:
            return False
        chunk = os.read(reader, 4096)
        if not chunk:
            return False
        seen += chunk
        if any(text.startswith(line.encode()) for text in seen.split(b"\n")[:-1]):
            return True
    return False
