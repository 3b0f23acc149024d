from console.index.models import Change


def newest_change() -> int:
    """The seq a page is drawn at. Ask before reading the rows: a change in between is sent twice, never lost."""
    return Change.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def changes_from(seq: int, limit: int) -> list[Change]:
    """The newest `limit` changes from `seq` on, itself included, oldest first."""
    return list(Change.objects.filter(seq__gte=seq).order_by("-seq")[:limit])[::-1]
