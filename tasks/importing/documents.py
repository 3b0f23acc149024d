import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.importing.faults import Fault, FaultCode, Refused, refuse
from tasks.importing.json_text import read_json
from tasks.importing.scalars import TEXT_MAX_BYTES
from tasks.importing.tree import Mark, Tree
from tasks.importing.yaml_text import read_yaml

# What YAML allows of Unicode, minus the halves of surrogate pairs, which no database takes.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_INDEX = re.compile(r"\[([0-9]{1,6})\]")
_QUOTED = re.compile(r"\[([^\]]*)\]")  # a key that has dots itself


@dataclass(frozen=True, slots=True)
class Document:
    """One object of the text, whatever its kind. `line_of` tells where a path of it stands."""

    kind: str
    api_version: str
    name: str
    namespace: str
    manifest: Mapping[str, Any]
    place: Mark
    _places: Mapping[int, Mapping[Any, Mark]] = field(repr=False)

    def line_of(self, path: str) -> Mark:
        """Line and column of "spec.tfReplicaSpecs.PS.template.spec.volumes[1].hostPath", or of the nearest thing
        above it that is there."""
        value: Any = self.manifest
        place, rest = self.place, path
        while rest:
            step = _step(value, rest)
            if step is None:
                return place
            key, rest = step
            place = self._places.get(id(value), {}).get(key, place)
            value = value[key]
        return place


@dataclass(frozen=True, slots=True)
class Parsed:
    """The objects of a text, those inside lists too; none where there is a fault."""

    documents: tuple[Document, ...] = ()
    faults: tuple[Fault, ...] = ()


def parse_documents(text: str | bytes) -> Parsed:
    """The objects of YAML (one or several documents) or JSON. Never raises for what the text says.

    At most 256 KiB, 32 levels and 20,000 values; anchors, aliases, tags, merge keys and keys said twice are refused.
    """
    try:
        tree = _tree(_decoded(text))
        return Parsed(tuple(_documents(tree)))
    except Refused as refused:
        return Parsed(faults=(refused.fault,))


def _decoded(text: str | bytes) -> str:
    """The text without a byte order mark. Raises Refused for another encoding, and for what no text may hold."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > TEXT_MAX_BYTES:
        raise refuse(FaultCode.TOO_LARGE, 1, 1, maximum=TEXT_MAX_BYTES // 1024)
    text = _utf8(text) if isinstance(text, bytes) else text
    text = text.removeprefix("\ufeff")
    if found := _FORBIDDEN.search(text):
        place = _place_of(text, found.start())
        raise refuse(FaultCode.CHARACTER, *place, character=f"U+{ord(found[0]):04X}")
    return text


def _utf8(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as exc:
        before = text[: exc.start].decode("utf-8")
        raise refuse(FaultCode.ENCODING, *_place_of(before, len(before))) from None


def _tree(text: str) -> Tree:
    start = text.lstrip(" \t\r\n")
    if not start:
        raise refuse(FaultCode.EMPTY, 1, 1)
    # Flow YAML starts with "{", too, but then it hardly ever has quotes around its first key.
    if re.match(r'[{\[]\s*(?:["\]}{\[]|\Z)', start):
        return read_json(text)
    return read_yaml(text)


def _documents(tree: Tree) -> list[Document]:
    found: list[Document] = []
    for value, place in tree.roots:
        if value is None:
            continue  # a document of comments only
        if not isinstance(value, dict):
            raise refuse(FaultCode.NOT_AN_OBJECT, *place)
        items = value.get("items")
        if str(value.get("kind", "")).endswith("List") and isinstance(items, list):
            places = tree.places[id(items)]
            for index, item in enumerate(items):
                if not isinstance(item, dict):
                    raise refuse(FaultCode.NOT_AN_OBJECT, *places[index])
                found.append(_document(item, places[index], tree))
        else:
            found.append(_document(value, place, tree))
    if not found:
        raise refuse(FaultCode.EMPTY, 1, 1)
    return found


def _document(value: dict[str, Any], place: Mark, tree: Tree) -> Document:
    metadata = value.get("metadata") if isinstance(value.get("metadata"), dict) else {}
    return Document(
        kind=_word(value, "kind"),
        api_version=_word(value, "apiVersion"),
        name=_word(metadata or {}, "name"),
        namespace=_word(metadata or {}, "namespace"),
        manifest=value,
        place=place,
        _places=tree.places,
    )


def _word(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _step(value: Any, path: str) -> tuple[Any, str] | None:
    """The member of `value` that a path begins with, and what is left of the path: keys may have dots themselves."""
    if isinstance(value, list):
        index = _INDEX.match(path)
        if index is None or int(index[1]) >= len(value):
            return None
        return int(index[1]), path[index.end() :].removeprefix(".")
    if not isinstance(value, dict):
        return None
    if path.startswith("[") and (quoted := _QUOTED.match(path)) and quoted[1] in value:
        return quoted[1], path[quoted.end() :].removeprefix(".")
    inside = [
        key for key in value if path == key or (path.startswith(key) and path[len(key) : len(key) + 1] in (".", "["))
    ]
    if not inside:
        return None
    key = max(inside, key=len)
    return key, path[len(key) :].removeprefix(".")


def _place_of(text: str, offset: int) -> Mark:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
