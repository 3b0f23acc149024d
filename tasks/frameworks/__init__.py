"""The four frameworks, and the way from a specification to a manifest and back. Pure: no Django, no cluster.

A new framework is one module with a FRAMEWORK, one line here, and one test.
"""

from tasks.frameworks import mpi, mxnet, pytorch, tensorflow
from tasks.specification.shapes import Framework

FRAMEWORKS: dict[str, Framework] = {
    module.FRAMEWORK.key: module.FRAMEWORK for module in (tensorflow, mxnet, pytorch, mpi)
}


def framework_of_kind(kind: str) -> Framework | None:
    """The framework of a manifest's kind ("TFJob"); None for a kind that is not ours."""
    return next((framework for framework in FRAMEWORKS.values() if framework.resource.kind == kind), None)
