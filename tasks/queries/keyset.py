"""Pages by "what comes after this row", so that the hundredth costs what the first costs."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """Columns of one composite index after the filter's column; "-" is descending. The last one is unique."""

    columns: tuple[str, ...]

    @property
    def reversed(self) -> "Order":
        return Order(tuple(column[1:] if column.startswith("-") else f"-{column}" for column in self.columns))

    def cursor_of(self, row: Model) -> str:
        """Where `row` stands, as an opaque word for a URL."""
        values = [getattr(row, column.lstrip("-")) for column in self.columns]
        text = json.dumps([value.isoformat() if isinstance(value, datetime) else value for value in values])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def position(self, cursor: str) -> tuple[Any, ...] | None:
        """The values in a cursor; None when it is none of this order (an old or forged URL: begin at the start)."""
        try:
            values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            if not isinstance(values, list) or len(values) != len(self.columns):
                return None
            if not all(isinstance(value, str) and "\0" not in value for value in values):
                return None
            return tuple(
                _aware(value) if column.endswith("_at") else value
                for column, value in zip(self.columns, values, strict=True)
            )
        except (ValueError, binascii.Error):
            return None


def _aware(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def rows_after(rows: QuerySet[Row], order: Order, cursor: str, limit: int) -> list[Row]:
    """At most `limit` rows of `rows` after the cursor ("" or a useless one: from the start), in `order`.

    One query a column at the most: first the rows that tie with the cursor in all columns but the last, then in all
    but the last two, and so on. Each is one seek in the index; the usual OR of them all is a scan.
    """
    rows = rows.order_by(*order.columns)
    position = order.position(cursor) if cursor else None
    if position is None:
        return list(rows[:limit])
    found: list[Row] = []
    for last in reversed(range(len(order.columns))):
        name = order.columns[last]
        ties = {order.columns[i].lstrip("-"): position[i] for i in range(last)}
        beyond = {f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}": position[last]}
        found += rows.filter(**ties, **beyond)[: limit - len(found)]
        if len(found) == limit:
            break
    return found
