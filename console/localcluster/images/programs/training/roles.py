"""Which part this pod plays, read from TF_CONFIG, DMLC_*, MASTER_ADDR/RANK/WORLD_SIZE or MPI's host file."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`kind`: alone, hub, spoke, server, client, evaluator, scheduler, launcher."""

    kind: str
    title: str  # as printed: "worker 1 of 2"
    index: int = 0
    chief: bool = False  # writes the event file
    peers: int = 0  # participants a hub waits for
    port: int = 0  # to listen on
    hub: Address = ("", 0)
    servers: tuple[Address, ...] = ()
    server_count: int = 0


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


def part_from(environment: Mapping[str, str]) -> Part:
    """Return the part; `alone` when nothing tells of others."""
    if environment.get("TF_CONFIG"):
        return _tensorflow(json.loads(environment["TF_CONFIG"]))
    if environment.get("DMLC_ROLE"):
        return _mxnet(environment)
    if environment.get("OMPI_MCA_orte_default_hostfile") and os.path.exists(
        environment["OMPI_MCA_orte_default_hostfile"]
    ):
        return Part(kind="launcher", title="launcher", port=5000)
    if environment.get("MASTER_ADDR") and int(environment.get("WORLD_SIZE", "1")) > 1:
        return _pytorch(environment)
    return Part(kind="alone", title="the only pod", chief=True)


def _tensorflow(config: dict[str, dict[str, list[str]]]) -> Part:
    cluster, task = config["cluster"], config["task"]
    role, index = str(task["type"]), int(str(task["index"]))
    title = f"{role} {index}"
    trainers = [(name, i, at) for name in ("chief", "master", "worker") for i, at in enumerate(cluster.get(name, []))]
    servers = tuple(_address(text) for text in cluster.get("ps", []))
    chief = bool(trainers) and (role, index) == trainers[0][:2]
    if role == "ps":
        return Part(kind="server", title=title, index=index, port=servers[index][1], server_count=len(servers))
    if role == "evaluator":
        return Part(kind="evaluator", title=title, servers=servers)
    if servers:
        return Part(kind="client", title=title, index=index, chief=chief, servers=servers)
    if len(trainers) <= 1:
        return Part(kind="alone", title=title, chief=True)
    hub = _address(trainers[0][2])
    if chief:
        return Part(kind="hub", title=title, chief=True, peers=len(trainers) - 1, port=hub[1])
    position = [entry[:2] for entry in trainers].index((role, index))
    return Part(kind="spoke", title=title, index=position, hub=hub)


def _pytorch(environment: Mapping[str, str]) -> Part:
    rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
    port, title = int(environment.get("MASTER_PORT", "23456")), f"rank {rank} of {size}"
    if rank == 0:
        return Part(kind="hub", title=title, chief=True, peers=size - 1, port=port)
    return Part(kind="spoke", title=title, index=rank, hub=(environment["MASTER_ADDR"], port))


def _mxnet(environment: Mapping[str, str]) -> Part:
    role = environment["DMLC_ROLE"]
    root = (environment["DMLC_PS_ROOT_URI"], int(environment["DMLC_PS_ROOT_PORT"]))
    servers, workers = int(environment["DMLC_NUM_SERVER"]), int(environment["DMLC_NUM_WORKER"])
    index = int(environment.get("DMLC_WORKER_ID") or 0)
    title = f"worker {index} of {workers}" if role == "worker" else role
    return Part(
        kind={"scheduler": "scheduler", "server": "server", "worker": "client"}[role],
        title=title,
        index=index,
        chief=role == "worker" and index == 0,
        peers=workers,
        port=root[1] if role == "scheduler" else 0,
        hub=root,
        server_count=servers,
    )
