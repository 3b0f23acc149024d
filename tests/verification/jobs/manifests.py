"""The jobs of the contract, small: busybox, short sleeps, a grace period of one second."""

from dataclasses import dataclass
from typing import Any

from tests.verification.trial import Job, Trial

Manifest = dict[str, Any]

IMAGE = "busybox:1.36"
FOR_LONG = "trap 'exit 143' TERM; sleep 300 & wait"


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between the kinds: key of the roles map, container name, who decides, and one who does not."""

    roles: str
    container: str
    decider: str
    other: str
    decider_pod: str
    other_pod: str
    others: tuple[str, ...]  # every role that must be there besides the decider


SHAPES = {
    "TFJob": Shape("tfReplicaSpecs", "tensorflow", "Chief", "PS", "chief-0", "ps-0", ("PS",)),
    "PyTorchJob": Shape("pytorchReplicaSpecs", "pytorch", "Master", "Worker", "master-0", "worker-0", ("Worker",)),
    "MXJob": Shape("mxReplicaSpecs", "mxnet", "Scheduler", "Worker", "scheduler-0", "worker-0", ("Server", "Worker")),
    "MPIJob": Shape("mpiReplicaSpecs", "mpi", "Launcher", "Worker", "launcher", "worker-0", ("Worker",)),
}
KINDS = tuple(SHAPES)
WITH_SERVICES = ("TFJob", "PyTorchJob", "MXJob")


def role(script: str = FOR_LONG, *, replicas: int = 1, restart: str = "Never", **container: Any) -> Manifest:
    """A role whose container runs `script` in a shell. "" leaves the command out (an MPI worker then sleeps)."""
    spec: Manifest = {"image": IMAGE, "imagePullPolicy": "IfNotPresent", **container}
    if script:
        spec["command"] = ["sh", "-c", script]
    return {
        "replicas": replicas,
        "restartPolicy": restart,
        "template": {"spec": {"terminationGracePeriodSeconds": 1, "containers": [spec]}},
    }


def job(kind: str, roles: dict[str, Manifest], *, name: str = "job", clean: str = "Running", **policy: Any) -> Manifest:
    """A job of these roles; the containers get the name their kind asks for."""
    shape = SHAPES[kind]
    for entry in roles.values():
        entry["template"]["spec"]["containers"][0].setdefault("name", shape.container)
    spec: Manifest = {shape.roles: roles, "runPolicy": {"cleanPodPolicy": clean, **policy}}
    if kind == "MXJob":
        spec["jobMode"] = "MXTrain"
    return {"apiVersion": "kubeflow.org/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def deciding(kind: str, script: str, *, restart: str = "Never", clean: str = "Running", **policy: Any) -> Manifest:
    """A job whose deciding role runs `script`, while one pod of every other role runs until it is stopped."""
    shape = SHAPES[kind]
    roles = {shape.decider: role(script, restart=restart)}
    roles |= {name: role("" if kind == "MPIJob" else FOR_LONG) for name in shape.others}
    return job(kind, roles, clean=clean, **policy)


def alone(kind: str, script: str, *, restart: str = "Never", **policy: Any) -> Manifest:
    """The smallest job: one pod, of the role that decides (a TFJob's and an MXJob's is then the Worker)."""
    name = {"TFJob": "Worker", "MXJob": "Worker"}.get(kind, SHAPES[kind].decider)
    return job(kind, {name: role(script, restart=restart)}, **policy)


def long_enough(trial: Trial) -> str:
    """A sleep within which every other pod starts, also on a busy real node."""
    return f"sleep {20 if trial.real else 8}"


async def started(submitted: Job, kind: str) -> None:
    """Every pod runs. But a PyTorch Worker may wait for its Master's name longer than a test can: it must be there."""
    shape = SHAPES[kind]
    await submitted.until_phase(shape.decider_pod, "Running")
    phases = ("Pending", "Running") if kind == "PyTorchJob" else ("Running",)
    await submitted.until_pods(*phases, count=1 + len(shape.others))


def only_pod(kind: str) -> str:
    """Name (after the job's) of the pod of `alone`."""
    return "worker-0" if kind in ("TFJob", "MXJob") else SHAPES[kind].decider_pod
