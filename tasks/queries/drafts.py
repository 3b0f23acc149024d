from collections.abc import Callable, Collection
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from tasks.models import Draft, Operation

DRAFTS_SHOWN = 50
_DRAFTS_MOST = 500


def draft_of(user: User | AnonymousUser, key: UUID) -> Draft | None:
    """The person's draft; None for somebody else's, which looks like one that does not exist."""
    return Draft.objects.select_related("operation", "owner").filter(owner_id=user.pk, key=key).first()


def unfinished_drafts(user: User | AnonymousUser, *, most: int = DRAFTS_SHOWN) -> list[Draft]:
    """The person's drafts that are not submitted, the last touched first. What was typed into them stays sealed."""
    unfinished = Q(operation__isnull=True) | Q(operation__state=Operation.State.FAILED)
    drafts = Draft.objects.filter(unfinished, owner_id=user.pk)
    drafts = drafts.select_related("operation").defer("entries", "operation__manifest")
    return list(drafts.order_by("-updated_at")[:most])


def drafts_beside(namespace: str, user: User | AnonymousUser, *, seen: Callable[[], Collection[str]]) -> list[Draft]:
    """Those of `unfinished_drafts` that the list of a namespace shows: for it, for none yet, and for namespaces that
    have no list, since they are gone or closed to the person by now. `seen` asks for those that the person sees."""
    drafts = unfinished_drafts(user, most=_DRAFTS_MOST)
    if any(draft.listed_namespace not in ("", namespace) for draft in drafts):
        elsewhere = {*seen()} - {namespace}
        drafts = [draft for draft in drafts if draft.listed_namespace not in elsewhere]
    return drafts[:DRAFTS_SHOWN]
