"""A registry that misbehaves, on loopback: each path answers as the test says, and everything asked is recorded."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Said:
    status: int = 200
    body: Any = None  # bytes as they are, else JSON
    headers: dict[str, str] = field(default_factory=dict)
    then: str = ""  # "hang": headers and no body; "drip": a byte every 50 ms for ever; "silence": nothing at all


@dataclass(frozen=True)
class Asked:
    path: str  # with its query
    authorization: str


Answering = Callable[[Asked], Said]


class OddRegistry:
    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._paths: dict[str, Said | Answering] = {}
        handler = type("Handler", (_Handler,), {"registry": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.address = f"http://{self.host}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def on(self, path: str, said: Said | Answering) -> None:
        """`path` without its query."""
        self._paths[path] = said

    def says(self, asked: Asked) -> Said:
        self.asked.append(asked)
        found = self._paths.get(asked.path.partition("?")[0], Said(404, {"errors": [{"code": "NAME_UNKNOWN"}]}))
        return found(asked) if callable(found) else found


class _Handler(BaseHTTPRequestHandler):
    registry: OddRegistry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = self.registry.says(Asked(self.path, self.headers.get("Authorization", "")))
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        if said.then == "silence":
            self.registry.over.wait()
            return
        self.send_response(said.status)
        length = 10**6 if said.then else len(body)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **said.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body if not said.then else b"")
            while said.then == "drip" and not self.registry.over.is_set():
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return  # they have had enough
        if said.then == "hang":
            self.registry.over.wait()

    def log_message(self, *_args: Any) -> None:
        pass
