"""A real cluster's answers, replayed: fixtures/*.jsonl are trimmed from watches of a real operator (see about)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from console.cluster import shapes
from console.cluster.resources import EVENT, JOB_KINDS, POD, Resource

_FOLDER = Path(__file__).parent / "fixtures"
_RESOURCES = {resource.plural: resource for resource in (POD, EVENT, *JOB_KINDS)}


def decoder_of(resource: Resource) -> type[shapes.Watched]:
    return {POD.key: shapes.Pod, EVENT.key: shapes.Event}.get(resource.key, shapes.Job)


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    resource: Resource
    type: str  # "ADDED", "MODIFIED", "DELETED"
    raw: bytes

    @property
    def object(self) -> Any:
        return msgspec.json.decode(self.raw, type=decoder_of(self.resource))


class Recording:
    """The lines of one job's life in the order received."""

    def __init__(self, name: str) -> None:
        head, *lines = (_FOLDER / f"{name}.jsonl").read_text().splitlines()
        self.about: dict[str, str] = json.loads(head)
        parsed = [json.loads(line) for line in lines]
        job = next(line for line in parsed if line["object"]["metadata"]["name"] == self.about["name"])
        self.began = datetime.fromisoformat(job["object"]["metadata"]["creationTimestamp"]).astimezone(UTC)
        self._lines = parsed

    def __iter__(self) -> Iterator[Line]:
        for line in self._lines:
            yield Line(
                at=self.began + timedelta(seconds=line["at"]),
                resource=_RESOURCES[line["watch"]],
                type=line["type"],
                raw=json.dumps(line["object"]).encode(),
            )
