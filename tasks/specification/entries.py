"""What a person typed, field by field, as a specification.

Nothing typed is ever changed or lost here: the strings stay in the draft as they are, and what cannot be read becomes a
finding beside its field, with a harmless stand-in in the specification so that the other rules can still speak.

Shape of the entries (all values are strings; what is absent was never shown):
    {"basics": {"name", "namespace", "description", "image", "data_claim", "data_sub_path", "data_mount_path"},
     "roles": {"Worker": {"enabled": "on" | "", "replicas", "flavor", "command", "args", "restart_policy",
                          "env": [{"name", "source": "value" | "field" | "config_map" | "secret",
                                   "value", "field", "reference", "key"}]}},
     "advanced": {"backoff_limit", "active_deadline_seconds", "ttl_seconds_after_finished", "clean_pod_policy",
                  "suspend": "on" | ""}}
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tasks.specification.findings import Code, Finding, error
from tasks.specification.flavor import Flavor
from tasks.specification.numbers import parse_whole
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import (
    CleanPodPolicy,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    EnvSource,
    PodField,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    SecretKey,
    TaskSpec,
    VolumePurpose,
)
from tasks.specification.text import normal_lines

Entries = Mapping[str, Any]
_Word = TypeVar("_Word", RestartPolicy, CleanPodPolicy, PodField)


@dataclass(slots=True)
class Typed:
    """A specification as far as it could be read, and what could not."""

    spec: TaskSpec
    findings: list[Finding] = field(default_factory=list)

    def with_rules(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """All findings: where a field could not be read, what the rules think of its stand-in is left out."""
        unread = {finding.path for finding in self.findings}
        return (*self.findings, *(finding for finding in found if finding.path not in unread))


def spec_of(entries: Entries, *, framework: Framework, mode: Mode, flavors: Mapping[str, Flavor]) -> Typed:
    """The specification of a draft's entries. Only roles of the mode take part, whatever else was typed."""
    findings: list[Finding] = []
    basics, advanced = _group(entries, "basics"), _group(entries, "advanced")
    spec = TaskSpec(
        framework=framework.key,
        mode=mode.key,
        name=_text(basics, "name").strip(" "),
        namespace=_text(basics, "namespace"),
        description=unicodedata.normalize("NFC", normal_lines(_text(basics, "description"))),
        image=_text(basics, "image").strip(" "),
        volumes=_volumes(basics),
        roles=tuple(
            _role(_group(_group(entries, "roles"), shape.name), shape, framework, flavors, findings)
            for shape in mode.roles
            if takes_part(entries, shape)
        ),
        run_policy=_run_policy(advanced, findings),
    )
    return Typed(spec, findings)


def takes_part(entries: Entries, shape: RoleShape) -> bool:
    return not shape.optional or _text(_group(_group(entries, "roles"), shape.name), "enabled") == "on"


def _group(entries: Entries, name: str) -> Entries:
    group = entries.get(name)
    return group if isinstance(group, Mapping) else {}


def _text(entries: Entries, name: str, default: str = "") -> str:
    value = entries.get(name, default)
    return value if isinstance(value, str) else default


def _volumes(basics: Entries) -> tuple[DataVolume, ...]:
    volumes = []
    for purpose in VolumePurpose:
        claim, sub_path, mount_path = (
            _text(basics, f"{purpose.value}_{part}").strip(" ") for part in ("claim", "sub_path", "mount_path")
        )
        if claim or sub_path or mount_path:  # half an entry is an entry with something missing
            volumes.append(DataVolume(purpose=purpose, claim=claim, sub_path=sub_path, mount_path=mount_path))
    return tuple(volumes)


def _role(
    typed: Entries, shape: RoleShape, framework: Framework, flavors: Mapping[str, Flavor], findings: list[Finding]
) -> RoleSpec:
    path = f"roles.{shape.name}"
    key = _text(typed, "flavor")
    if key and key not in flavors:
        findings.append(error(Code.FLAVOR_UNKNOWN, f"{path}.flavor", flavor=key))
    replicas = _whole(typed, "replicas", f"{path}.replicas", findings, default="1", required=True)
    return RoleSpec(
        name=shape.name,
        replicas=1 if replicas is None else replicas,
        flavor=flavors.get(key),
        command=lines(_text(typed, "command")),
        args=lines(_text(typed, "args")),
        env=_env(typed, f"{path}.env", findings),
        restart_policy=_word(RestartPolicy, _text(typed, "restart_policy", "Never"), f"{path}.restart_policy", findings)
        or RestartPolicy.NEVER,
        shared_memory=framework.shared_memory,
    )


def lines(text: str) -> tuple[str, ...]:
    """One item a line, exactly as typed; empty lines are none."""
    return tuple(line for line in normal_lines(text).split("\n") if line.strip())


def _env(typed: Entries, path: str, findings: list[Finding]) -> tuple[EnvEntry, ...]:
    rows = typed.get("env")
    found = []
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, Mapping):
            source = _env_source(row, f"{path}.{index}", findings)
            found.append(EnvEntry(_text(row, "name").strip(" "), source))
    return tuple(found)


def _env_source(row: Entries, path: str, findings: list[Finding]) -> EnvSource:
    reference, key = _text(row, "reference").strip(" "), _text(row, "key").strip(" ")
    match _text(row, "source", "value"):
        case "value":
            return _text(row, "value")
        case "field":
            return _word(PodField, _text(row, "field"), f"{path}.field", findings) or ""
        case "config_map":
            return ConfigMapKey(reference, key)
        case "secret":
            return SecretKey(reference, key)
        case other:
            findings.append(error(Code.INVALID_CHOICE, f"{path}.source", value=other))
            return ""


def _run_policy(typed: Entries, findings: list[Finding]) -> RunPolicy:
    path = "run_policy"
    return RunPolicy(
        backoff_limit=_whole(typed, "backoff_limit", f"{path}.backoff_limit", findings, default="0", required=True),
        active_deadline_seconds=_whole(typed, "active_deadline_seconds", f"{path}.active_deadline_seconds", findings),
        ttl_seconds_after_finished=_whole(
            typed, "ttl_seconds_after_finished", f"{path}.ttl_seconds_after_finished", findings
        ),
        clean_pod_policy=_word(
            CleanPodPolicy, _text(typed, "clean_pod_policy", "Running"), f"{path}.clean_pod_policy", findings
        )
        or CleanPodPolicy.RUNNING,
        suspend=_text(typed, "suspend") == "on",
    )


def _whole(
    typed: Entries, name: str, path: str, findings: list[Finding], *, default: str = "", required: bool = False
) -> int | None:
    text = _text(typed, name, default).strip(" ")
    if not text:
        if required:
            findings.append(error(Code.REQUIRED, path))
        return None
    value = parse_whole(text)
    if value is None:
        findings.append(error(Code.NOT_A_WHOLE_NUMBER, path))
    return value


def _word(words: type[_Word], text: str, path: str, findings: list[Finding]) -> _Word | None:
    try:
        return words(text)
    except ValueError:
        findings.append(error(Code.INVALID_CHOICE, path, value=text) if text else error(Code.REQUIRED, path))
        return None
