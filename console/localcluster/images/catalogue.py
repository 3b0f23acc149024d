"""The catalogue: image name -> what a container of it is made of and runs by default.

The catalogue is the node's store and its registry in one: `imagePullPolicy: Always` pulls one of its images with
success; any other image, whatever its policy, fails as on a node that reaches no registry.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from console.localcluster.images import layout
from console.localcluster.images.references import with_registry

_PROGRAM = "/opt/trainyard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image. `names` are complete references; `entrypoint` and `command` as in a Dockerfile."""

    names: tuple[str, ...]
    root: Callable[[], list[layout.Layer]]
    path: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    digest: str = ""


def _digest(number: int) -> str:
    """A stable id: the catalogue's images have no content that could be hashed."""
    return f"sha256:{number:02d}" + "7261696e79617264" * 3 + "00" * 7


IMAGES = (
    Image(
        names=("docker.io/library/python:3.11-slim", "docker.io/library/python:3.11", "docker.io/library/python:3"),
        root=layout.python_root,
        path=layout.python_path(),
        command=("python3",),
        environment={"LANG": "C.UTF-8"},
        digest=_digest(1),
    ),
    Image(
        names=("docker.io/library/busybox:1.36", "docker.io/library/busybox:1"),
        root=layout.busybox_root,
        path=layout.BUSYBOX_PATH,
        command=("sh",),
        digest=_digest(2),
    ),
    Image(
        names=("docker.io/library/alpine:3.10",),
        root=layout.alpine_root,
        path=layout.BUSYBOX_PATH,
        command=("/bin/sh",),
        digest=_digest(3),
    ),
    Image(
        names=("docker.io/trainyard/train:1",),
        root=layout.programs_root,
        path=layout.python_path(),
        entrypoint=("python3", f"{_PROGRAM}/train.py"),
        environment={"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
        digest=_digest(4),
    ),
    Image(
        names=("docker.io/trainyard/fail:1",),
        root=layout.programs_root,
        path=layout.python_path(),
        entrypoint=("python3", f"{_PROGRAM}/fail.py"),
        environment={"PYTHONUNBUFFERED": "1"},
        digest=_digest(5),
    ),
    Image(
        names=("docker.io/trainyard/tensorboard:1",),
        root=layout.programs_root,
        path=layout.python_path(),
        entrypoint=("python3", "-m", "tensorboard.main"),
        command=("--logdir", "/data", "--bind_all", "--port", "6006"),
        digest=_digest(6),
    ),
    Image(
        # What the operator's MPI launcher starts with (`--mpi-kubectl-delivery-image`); it has no other tag.
        names=("docker.io/mpioperator/kubectl-delivery:latest", "docker.io/kubeflow/kubectl-delivery:latest"),
        root=layout.programs_root,
        path=layout.python_path(),
        entrypoint=("python3", "-S", f"{_PROGRAM}/deliver_kubectl.py"),
        digest=_digest(7),
    ),
)

_BY_NAME = {name: image for image in IMAGES for name in image.names}


def find_image(reference: str) -> Image | None:
    """Return the node's image for `reference`, or None. Raises InvalidReference."""
    registry, repository, tag = with_registry(reference)
    return _BY_NAME.get(f"{registry}/{repository}:{tag}")
