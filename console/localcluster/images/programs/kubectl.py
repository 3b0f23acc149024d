"""A kubectl that can `exec`, and nothing else: what MPI's rsh agent needs, with the pod's own service account.

kubectl exec POD [--container NAME] -- COMMAND ...
"""

import base64
import json
import os
import socket
import ssl
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_CONTINUATION, _BINARY, _CLOSE, _PING, _PONG = 0, 2, 8, 9, 10
_STDOUT, _STDERR, _STATUS = 1, 2, 3


def read(name: str) -> str:
    with open(f"{ACCOUNT}/{name}") as file:
        return file.read().strip()


def api_address() -> tuple[str, int]:
    return os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])


def trust() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")


def get(path: str) -> dict[str, Any]:
    """Return a decoded JSON object. Raises urllib.error.HTTPError."""
    host, port = api_address()
    headers = {"Authorization": f"Bearer {read('token')}"}
    request = urllib.request.Request(f"https://{host}:{port}{path}", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, context=trust(), timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
        return found


class Refused(Exception):
    """The API server did not open the stream; the text is its own."""


class WebSocket:
    """A websocket of the exec protocol, client side."""

    def __init__(self, path: str) -> None:
        host, port = api_address()
        raw = socket.create_connection((host, port), timeout=30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = trust().wrap_socket(raw, server_hostname=host)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            # POST is the verb `create`, which the operator's role for launchers allows; GET would be `get`.
            f"POST {path} HTTP/1.1",
            "Content-Length: 0",
            f"Host: {host}:{port}",
            f"Authorization: Bearer {read('token')}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: v4.channel.k8s.io",
            "",
            "",
        )
        self._socket.sendall("\r\n".join(lines).encode())
        self._file = self._socket.makefile("rb")
        status = self._file.readline().decode(errors="replace").split(None, 2)
        length = 0
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(status) < 2 or status[1] != "101":
            raise Refused(_reason(self._file.read(length)))
        self._socket.settimeout(None)

    def messages(self) -> Iterator[bytes]:
        """Yield whole messages until the server closes."""
        message = b""
        while True:
            head = self._file.read(2)
            if len(head) < 2:
                return
            final, kind, length = head[0] & 0x80, head[0] & 0x0F, head[1] & 0x7F
            if length >= 126:
                form = "!H" if length == 126 else "!Q"
                (length,) = struct.unpack(form, self._file.read(struct.calcsize(form)))
            body = self._file.read(length)
            if kind == _CLOSE:
                return
            if kind == _PING:
                self._send(_PONG, body)
            elif kind in (_CONTINUATION, _BINARY):
                message += body
                if final:
                    yield message
                    message = b""

    def _send(self, kind: int, body: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))
        self._socket.sendall(bytes([0x80 | kind, 0x80 | len(body)]) + mask + masked)


def _reason(body: bytes) -> str:
    try:
        return f"Error from server: {json.loads(body)['message']}"
    except (ValueError, KeyError, TypeError):
        return f"error: {body.decode(errors='replace').strip() or 'the connection was refused'}"


def run(pod: str, container: str, command: list[str]) -> int:
    """Run a command in a pod, pass on its output, return its exit code."""
    namespace = os.environ.get("NAMESPACE") or read("namespace")
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}"
    container = container or get(path)["spec"]["containers"][0]["name"]
    query = [("container", container), ("stdout", "1"), ("stderr", "1"), *(("command", word) for word in command)]
    status = None
    for message in WebSocket(f"{path}/exec?{urllib.parse.urlencode(query)}").messages():
        channel, data = message[0], message[1:]
        if channel in (_STDOUT, _STDERR):
            stream = sys.stdout.buffer if channel == _STDOUT else sys.stderr.buffer
            stream.write(data)
            stream.flush()
        elif channel == _STATUS:
            status = json.loads(data)
    if status is None:
        print(f"error: the connection to {pod} was lost before the command ended", file=sys.stderr)
        return 1
    if status["status"] == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    print(f"error: {status.get('message', 'the command could not be run')}", file=sys.stderr)
    return 1


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] != "exec" or "--" not in arguments:
        print("this kubectl knows only: kubectl exec POD [--container NAME] -- COMMAND ...", file=sys.stderr)
        return 1
    split = arguments.index("--")
    options, command = arguments[1:split], arguments[split + 1 :]
    container, names = "", list[str]()
    while options:
        word = options.pop(0)
        if word in ("--container", "-c") and options:
            container = options.pop(0)
        elif word.startswith("--container="):
            container = word.partition("=")[2]
        elif not word.startswith("-"):
            names.append(word)
    try:
        return run(names[0].removeprefix("pod/"), container, command)
    except Refused as refused:
        print(refused, file=sys.stderr)
    except urllib.error.HTTPError as error:
        print(_reason(error.read()), file=sys.stderr)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
