"""Does the driver of the nodes take the CUDA of an image? https://docs.nvidia.com/deploy/cuda-compatibility/

How a node's driver is known: by the labels of NVIDIA's GPU feature discovery, else by the flavor's own `driver`, which
an administrator types in. What a driver takes: what the node says of itself (the newest CUDA runtime), else the table.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.specification.facts import NodeFact
from tasks.specification.findings import Code, Finding, warning
from tasks.specification.flavor import Flavor

Version = tuple[int, ...]
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}", re.ASCII)
# Labels of GPU feature discovery (github.com/NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery): the whole version,
# else its parts; the last group is what it wrote before 0.17, and still writes.
_DRIVER_LABELS = (
    ("nvidia.com/cuda.driver-version.full",),
    ("nvidia.com/cuda.driver-version.major", "nvidia.com/cuda.driver-version.minor"),
    ("nvidia.com/cuda.driver.major", "nvidia.com/cuda.driver.minor"),
)
_RUNTIME_LABELS = (
    ("nvidia.com/cuda.runtime-version.full",),
    ("nvidia.com/cuda.runtime-version.major", "nvidia.com/cuda.runtime-version.minor"),
    ("nvidia.com/cuda.runtime.major", "nvidia.com/cuda.runtime.minor"),
)


@dataclass(frozen=True, slots=True)
class Driver:
    """A line of the table: the newest CUDA that a driver takes. Only major and minor of it count."""

    version: str  # "410.104"
    cuda: str  # "10.0.130"

    @property
    def number(self) -> Version:
        """To compare and to sort by."""
        return version_of(self.version) or ()

    @property
    def cuda_release(self) -> str:
        """As CUDA is called: "10.0"."""
        return ".".join(self.cuda.split(".")[:2])


def version_of(text: str) -> Version | None:
    """ "10.0.130" as numbers to compare; None for what is no version."""
    return tuple(int(part) for part in text.split(".")) if _VERSION.fullmatch(text) else None


def driver_of(node: NodeFact, flavor: Flavor) -> str:
    """The driver's version on that node; "" when nobody knows."""
    return _labelled(node.labels, _DRIVER_LABELS) or flavor.driver


def check_cuda(
    cuda: str, flavor: Flavor, nodes: Iterable[NodeFact] | None, drivers: Iterable[Driver], path: str
) -> list[Finding]:
    """What speaks against running an image with this CUDA ("11.2.152"; "" when its config names none) on the flavor.

    `nodes` are those that may take its pods (capacity_rules.nodes_for), `drivers` the table. A warning, never more:
    images may bring a newer driver library along. Silent where nobody knows.
    """
    wanted = _release(version_of(cuda))
    if wanted is None or not flavor.gpus:
        return []
    table = sorted(drivers, key=lambda row: row.number)
    known = [(driver_of(node, flavor), node.labels) for node in nodes or ()]
    known = known or [(flavor.driver, {})]  # no node is known: the flavor's word stands
    found = [(driver, _refuses(labels, driver, wanted, table)) for driver, labels in known]
    refusing = [(driver, newest) for driver, newest in found if newest]
    if not refusing:
        return []
    driver, newest = refusing[0]
    code = Code.CUDA_TOO_NEW if len(refusing) == len(found) else Code.CUDA_SOME_NODES
    return [warning(code, path, cuda=_text(wanted), driver=driver or "?", newest=newest)]


def _refuses(labels: Mapping[str, str], driver: str, wanted: Version, table: list[Driver]) -> str:
    """The newest CUDA there when that is older than `wanted`; "" when it is not, or when nobody knows."""
    runtime = _release(version_of(_labelled(labels, _RUNTIME_LABELS)))
    if runtime is not None:
        return _text(runtime) if wanted > runtime else ""
    number = version_of(driver)
    if number is None:
        return ""
    # What a driver takes lies between its neighbours in the table: the next newer one takes as much, or more.
    for row in table:
        release = _release(version_of(row.cuda))
        if release is not None and row.number >= number:
            return _text(release) if wanted > release else ""
    return ""


def _labelled(labels: Mapping[str, str], groups: tuple[tuple[str, ...], ...]) -> str:
    for names in groups:
        parts = [labels[name] for name in names if name in labels]
        if len(parts) == len(names) and version_of(text := ".".join(parts)) is not None:
            return text
    return ""


def _release(version: Version | None) -> Version | None:
    return None if version is None else (*version, 0)[:2]


def _text(release: Version) -> str:
    return ".".join(map(str, release))
