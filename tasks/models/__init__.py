"""What people began (drafts) and what they asked for (operations). Kept: unlike the index, nothing can rebuild it."""

from tasks.models.drafts import Draft
from tasks.models.operations import Operation

__all__ = ["Draft", "Operation"]
