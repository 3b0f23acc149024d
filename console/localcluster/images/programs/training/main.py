"""Trains, prints a line a step, and writes TensorBoard event files where `--logdir` says.

train.py [--steps N | --seconds S] [--pause SECONDS] [--logdir FOLDER] [--batch N] [--fail-at STEP]
"""

import argparse
import os
import time

import numpy as np

from . import mpi, mxnet, wire
from .events import EventFile
from .exchange import Alone, Exchange, Hub, ParameterServer, ServerClient, Spoke
from .model import batch, first_parameters, loss_and_gradient
from .roles import Part, part_from


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20, help="how many steps (default 20)")
    parser.add_argument("--seconds", type=float, default=0.0, help="train this long instead")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two steps, so that it can be watched")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--logdir", default="", help="write event files here (one pod of the task does)")
    parser.add_argument("--fail-at", type=int, default=0, metavar="STEP", help="end with exit code 1 at this step")
    parser.add_argument("--mpi-rank", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--mpi-hub", default="", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Return the exit code: 0, or 1 when a peer was lost or --fail-at was reached."""
    chosen = read_arguments(arguments)
    if chosen.mpi_rank >= 0:
        host, _, port = chosen.mpi_hub.rpartition(":")
        part = Part(
            kind="spoke", title=f"rank {chosen.mpi_rank}", index=chosen.mpi_rank, chief=chosen.mpi_rank == 0,
            hub=(host, int(port)),
        )  # fmt: skip
    else:
        part = part_from(os.environ)
    print(f"{part.title}: {part.kind}, process {os.getpid()} on {os.uname().nodename}", flush=True)
    if part.kind == "launcher":
        return mpi.launch(part, arguments)
    if part.kind == "scheduler":
        return mxnet.schedule(part)
    if part.kind == "server":
        return _serve(part)
    if part.kind == "evaluator":
        return _evaluate(part, chosen)
    return _train(part, chosen)


def _exchange(part: Part) -> Exchange:
    if part.kind == "hub":
        return Hub(part.port, part.peers)
    if part.kind == "spoke":
        return Spoke(*part.hub)
    if part.kind == "client":
        return ServerClient(list(part.servers) or mxnet.servers_for_worker(part))
    return Alone()


def _train(part: Part, chosen: argparse.Namespace) -> int:
    exchange = _exchange(part)
    generator = np.random.default_rng(100 + part.index)
    parameters = first_parameters()
    events = EventFile(chosen.logdir) if chosen.logdir and part.chief else None
    began, step = time.monotonic(), 0
    while (time.monotonic() - began < chosen.seconds) if chosen.seconds else step < chosen.steps:
        step += 1
        if step == chosen.fail_at:
            print(f"step {step}: failing as asked", flush=True)
            return 1
        loss, accuracy, gradient = loss_and_gradient(parameters, *batch(generator, chosen.batch))
        try:
            parameters = exchange.step(parameters, gradient)
        except ConnectionError as error:
            if chosen.seconds:  # clocks differ a little: whoever ends first ends it for all
                break
            print(f"step {step}: lost a peer: {error}", flush=True)
            return 1
        print(f"step {step} loss {loss:.4f} accuracy {accuracy:.3f} norm {np.linalg.norm(parameters):.6f}", flush=True)
        if events is not None:
            events.write(step, {"loss": loss, "accuracy": accuracy})
        time.sleep(chosen.pause)
    exchange.done()
    if part.hub[0] and part.kind == "client":
        mxnet.tell_done(part)
    if events is not None:
        events.close()
    print(f"done after {step} steps, {time.monotonic() - began:.1f} s", flush=True)
    return 0


def _serve(part: Part) -> int:
    """Be a parameter server: TensorFlow's never ends by itself, MXNet's ends with its scheduler."""
    server = wire.listen(part.port)
    index, count = part.index, part.server_count
    if part.hub[0]:
        index = mxnet.register_server(part, server.getsockname()[1])
    print(f"keeping part {index + 1} of {count} of the parameters", flush=True)
    ParameterServer(server, index, count).serve()
    return 0


def _evaluate(part: Part, chosen: argparse.Namespace) -> int:
    """Look at the parameters from time to time. Without parameter servers there is nothing to look at."""
    generator = np.random.default_rng(1)
    points, labels = batch(generator, 2048)
    client = ServerClient(list(part.servers)) if part.servers else None
    for look in range(1, max(2, chosen.steps // 5) + 1):
        parameters = client.parameters() if client else first_parameters()
        loss, accuracy, _ = loss_and_gradient(parameters, points, labels)
        print(f"look {look}: loss {loss:.4f} accuracy {accuracy:.3f} on points not trained on", flush=True)
        time.sleep(chosen.pause * 5)
    return 0
