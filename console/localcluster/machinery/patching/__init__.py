"""The ways to patch an object. Apply has its own entry: Api.apply."""

from __future__ import annotations

from typing import Any

from console.localcluster.machinery.errors import bad_request, failure
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import clone
from console.localcluster.machinery.patching.json_patch import PatchError, json_patch
from console.localcluster.machinery.patching.merge import merge
from console.localcluster.machinery.patching.strategic import strategic_merge
from console.localcluster.machinery.schemas import type_of_kind
from console.localcluster.store import Object

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


def patched_object(kind: Kind, old: Object, patch: Any, content_type: str) -> Any:
    """A new value (not always an object any more); raises 400, or 422 for a JSON patch that does not apply."""
    if content_type == MERGE_PATCH:
        return clone(merge(old, patch))
    if content_type == STRATEGIC_PATCH:
        return clone(strategic_merge(old, patch, type_of_kind(kind.kind)))
    if content_type != JSON_PATCH:
        raise bad_request(f"no such patch type: {content_type}")
    try:
        return json_patch(clone(old), patch)
    except PatchError as error:
        # The real server says no more than this, not even which operation it was.
        raise failure(422, "Invalid", "the server rejected our request due to an error in our request") from error
