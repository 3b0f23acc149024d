"""The part of MXNet's scheduler: it knows where the servers are, and ends when all workers have ended."""

import json
import os
import socket
import threading

from . import wire
from .roles import Address, Part


def schedule(part: Part) -> int:
    """Wait for servers and workers, tell the workers where the servers are, end when every worker said it is done."""
    servers: list[Address] = []
    complete, finished = threading.Event(), threading.Semaphore(0)
    lock = threading.Lock()

    def serve(connection: socket.socket, host: str) -> None:
        kind, body = wire.receive(connection)
        if kind == b"S":
            with lock:
                servers.append((host, int(body)))
                index = len(servers) - 1
                if len(servers) == part.server_count:
                    complete.set()
            print(f"server {index} is at {host}:{int(body)}", flush=True)
            wire.send(connection, b"I", str(index).encode())
            return  # stays open: the server ends when this program does
        if kind == b"W":
            complete.wait()
            wire.send(connection, b"L", json.dumps(servers).encode())
        elif kind == b"D":
            finished.release()
        connection.close()

    listener = wire.listen(part.port)
    kept = []

    def accept() -> None:
        while True:
            connection, address = listener.accept()
            kept.append(connection)
            threading.Thread(target=serve, args=(connection, address[0]), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    for count in range(part.peers):
        finished.acquire()
        print(f"worker {count + 1} of {part.peers} is done", flush=True)
    return 0


def register_server(part: Part, port: int) -> int:
    """Tell the scheduler where this server is; return its number. The process ends with the scheduler."""
    scheduler = wire.connect(*part.hub)
    wire.send(scheduler, b"S", str(port).encode())
    _, body = wire.receive(scheduler)

    def follow() -> None:
        scheduler.recv(1)
        print("the scheduler has ended", flush=True)
        os._exit(0)

    threading.Thread(target=follow, daemon=True).start()
    return int(body)


def servers_for_worker(part: Part) -> list[Address]:
    """Ask the scheduler where the servers are; waits until all have registered."""
    with wire.connect(*part.hub) as scheduler:
        wire.send(scheduler, b"W")
        _, body = wire.receive(scheduler)
    return [(str(host), int(port)) for host, port in json.loads(body)]


def tell_done(part: Part) -> None:
    """Tell the scheduler that this worker has ended."""
    with wire.connect(*part.hub) as scheduler:
        wire.send(scheduler, b"D")
