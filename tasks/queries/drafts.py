from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from tasks.models import Draft, Operation

DRAFTS_SHOWN = 50


def draft_of(user: User | AnonymousUser, key: UUID) -> Draft | None:
    """The person's draft; None for somebody else's, which looks like one that does not exist."""
    return Draft.objects.select_related("operation", "owner").filter(owner_id=user.pk, key=key).first()


def unfinished_drafts(user: User | AnonymousUser, namespace: str = "") -> list[Draft]:
    """The person's drafts that are not submitted, the last touched first; `namespace` narrows them to those for it and
    for none yet. What was typed into them stays sealed."""
    unfinished = Q(operation__isnull=True) | Q(operation__state=Operation.State.FAILED)
    drafts = Draft.objects.filter(unfinished, owner_id=user.pk)
    if namespace:
        drafts = drafts.filter(listed_namespace__in=("", namespace))
    drafts = drafts.select_related("operation").defer("entries", "operation__manifest")
    return list(drafts.order_by("-updated_at")[:DRAFTS_SHOWN])
