"""An HTTP server on loopback that answers as it is told to: with objects, errors, and every way a stream can break."""

import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Answer:
    """One answer. `lines` are sent as chunks of a stream, and `then` says how it ends."""

    status: int = 200
    body: Any = None  # a str is sent as text/plain, all else as JSON
    headers: dict[str, str] = field(default_factory=dict)
    lines: Iterable[Any] | None = None
    then: str = (
        "end"  # or "hang" (nothing more, the connection stays), "reset" (RST), "tear" (half a line, then the end)
    )


RESET = Answer(lines=(), then="reset")  # the connection is gone before a word was said
GARBAGE = Answer(lines=(), then="garbage")  # somebody else listens there
NO_GZIP = Answer(200, {"metadata": {}}, {"Content-Encoding": "gzip"})
SHORT = Answer(200, {"metadata": {}}, {"Content-Length": "100000"})  # and then the connection ends


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    query: dict[str, str]
    headers: list[tuple[str, str]]
    body: Any

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class ApiServer:
    """`on(...)` says what is answered; of several answers each serves once, and the last one for ever."""

    def __init__(self, folder: Path) -> None:
        self.recorded: list[Recorded] = []
        self.over = threading.Event()  # lets what hangs go
        self._answers: dict[tuple[str, str], list[Answer]] = defaultdict(list)
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.kubeconfig = folder / "kubeconfig.yaml"
        self.kubeconfig.write_text(kubeconfig_for(self.address, token="the-console"))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._answers[method, path] = list(answers)

    def answer(self, recorded: Recorded) -> Answer:
        with self._lock:
            self.recorded.append(recorded)
            answers = self._answers.get((recorded.method, recorded.path))
            if not answers:
                return Answer(404, {"kind": "Status", "reason": "NotFound", "message": f"{recorded.path} not found"})
            return answers.pop(0) if len(answers) > 1 else answers[0]


def kubeconfig_for(server: str, *, token: str) -> str:
    return json.dumps(
        {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {"server": server}}],
            "users": [{"name": "test", "user": {"token": token}}],
        }
    )


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ApiServer

    def _serve(self) -> None:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = json.loads(content) if content else None
        query = dict(parse_qsl(url.query))
        answer = self.api.answer(Recorded(self.command, url.path, query, list(self.headers.items()), body))
        if answer.lines is None:
            self._send_whole(answer)
        else:
            self._send_stream(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _send_whole(self, answer: Answer) -> None:
        plain = isinstance(answer.body, str)
        payload = answer.body.encode() if plain else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain" if plain else "application/json")
        headers = {"Content-Length": str(len(payload)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.close_connection = int(headers["Content-Length"]) > len(payload)
        self.end_headers()
        self.wfile.write(payload)

    def _send_stream(self, answer: Answer) -> None:
        self.close_connection = True
        if answer.then == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            return
        if answer.then != "reset" or answer.lines:
            self.send_response(answer.status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
        for line in answer.lines or ():
            self._send_chunk(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        if answer.then == "tear":
            self._send_chunk(b'{"type":"ADDED","obj')
        if answer.then == "hang":
            self.api.over.wait(10)
        elif answer.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # the other side went first, or we have reset it
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass
