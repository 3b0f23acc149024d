"""Docker official images worth offering, with their words in both languages: data, so that no network is needed."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

_FILE = Path(__file__).with_name("official_images.json")


@dataclass(frozen=True, slots=True)
class OfficialImage:
    repository: str  # "library/python"; of publishers that Docker verifies: "pytorch/pytorch"
    title: str
    descriptions: dict[str, str]  # by language: "en", "zh-hans"
    tags: tuple[str, ...]  # suggested ones

    @property
    def description(self) -> str:
        return self.descriptions.get(get_language() or "en", self.descriptions["en"])


@cache
def official_images() -> tuple[OfficialImage, ...]:
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(OfficialImage(e["repository"], e["title"], e["description"], tuple(e["tags"])) for e in entries)


def official_image(repository: str) -> OfficialImage | None:
    return next((image for image in official_images() if image.repository == repository), None)
