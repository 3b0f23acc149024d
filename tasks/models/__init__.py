"""What people began (drafts), what they asked for (operations), and what administrators keep (flavors).

Kept: unlike the index, nothing can rebuild it.
"""

from tasks.models.drafts import Draft
from tasks.models.flavors import CatalogueDriver, CatalogueEdition, CatalogueFlavor
from tasks.models.operations import Operation
from tasks.models.templates import KeptManifest, TaskTemplate

__all__ = [
    "CatalogueDriver",
    "CatalogueEdition",
    "CatalogueFlavor",
    "Draft",
    "KeptManifest",
    "Operation",
    "TaskTemplate",
]
