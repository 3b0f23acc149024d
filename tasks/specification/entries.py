"""What a person typed, field by field, as a specification, and back (`entries_of`).

Nothing typed is ever changed or lost here: the strings stay in the draft as they are, and what cannot be read becomes a
finding beside its field, with a harmless stand-in in the specification so that the other rules can still speak.

Shape of the entries (all values are strings unless said; what is absent was never shown):
    {"basics": {"name", "namespace", "description", "image", "pull_secrets": [names],
                "{data,output,log}_claim", "{data,output,log}_sub_path", "{data,output,log}_mount_path"},
     "roles": {"Worker": {"enabled": "on" | "", "replicas", "image", "flavor", "command", "args", "restart_policy",
                          "shared_memory": "on" | "" (absent: as the type has it),
                          "env": [{"name", "source": "value" | "field" | "config_map" | "secret",
                                   "value", "field", "reference", "key"}],
                          "liveness", "readiness": {"kind": "" | "http" | "command", "path", "port", "scheme",
                                   "command", "initial_delay_seconds", "timeout_seconds", "period_seconds",
                                   "success_threshold", "failure_threshold"},
                          "post_start", "pre_stop",
                          "mounts": [{"source": "config_map" | "secret", "name", "mount_path", "keys"}],
                          "kept": {path: any JSON}}},
     "advanced": {"backoff_limit", "active_deadline_seconds", "ttl_seconds_after_finished", "clean_pod_policy",
                  "suspend": "on" | "", "priority_class", "tensorboard": "on" | ""},
     "kept": {path: any JSON}}
An empty number means that there is none: without "backoff_limit" restarts have no limit.
Commands, arguments, hooks and keys have one item a line (tasks.specification.typed.lines). Spaces around names, numbers
and paths do not count. A role's size that is no flavor of ours is in its "kept", and "flavor" is then empty.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.specification import typed as read
from tasks.specification.findings import Finding
from tasks.specification.flavor import Flavor
from tasks.specification.retyping import entries_of
from tasks.specification.role_entries import kept_of, role_of
from tasks.specification.shapes import Framework, Mode, RoleShape
from tasks.specification.task import CleanPodPolicy, DataVolume, RunPolicy, TaskSpec, VolumePurpose
from tasks.specification.text import normal_lines
from tasks.specification.typed import Entries, lines

__all__ = ["Entries", "Typed", "entries_of", "lines", "spec_of", "takes_part"]


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
    basics, advanced = read.group(entries, "basics"), read.group(entries, "advanced")
    roles = read.group(entries, "roles")
    spec = TaskSpec(
        framework=framework.key,
        mode=mode.key,
        name=read.name(basics, "name"),
        namespace=read.text(basics, "namespace"),
        description=unicodedata.normalize("NFC", normal_lines(read.text(basics, "description"))),
        image=read.name(basics, "image"),
        volumes=_volumes(basics),
        roles=tuple(
            role_of(read.group(roles, shape.name), shape, framework, flavors, findings)
            for shape in mode.roles
            if takes_part(entries, shape)
        ),
        run_policy=_run_policy(advanced, findings),
        pull_secrets=read.names(basics, "pull_secrets"),
        priority_class=read.name(advanced, "priority_class"),
        tensorboard=read.text(advanced, "tensorboard") == "on",
        kept=kept_of(entries),
    )
    return Typed(spec, findings)


def takes_part(entries: Entries, shape: RoleShape) -> bool:
    typed = read.group(read.group(entries, "roles"), shape.name)
    return not shape.optional or read.text(typed, "enabled") == "on"


def _volumes(basics: Entries) -> tuple[DataVolume, ...]:
    volumes = []
    for purpose in VolumePurpose:
        claim, sub_path, mount_path = (
            read.name(basics, f"{purpose.value}_{part}") for part in ("claim", "sub_path", "mount_path")
        )
        if claim or sub_path or mount_path:  # half an entry is an entry with something missing
            volumes.append(DataVolume(purpose=purpose, claim=claim, sub_path=sub_path, mount_path=mount_path))
    return tuple(volumes)


def _run_policy(typed: Entries, findings: list[Finding]) -> RunPolicy:
    path = "run_policy"
    clean = read.text(typed, "clean_pod_policy", "Running")
    return RunPolicy(
        backoff_limit=read.whole(typed, "backoff_limit", f"{path}.backoff_limit", findings, default="0"),
        active_deadline_seconds=read.whole(
            typed, "active_deadline_seconds", f"{path}.active_deadline_seconds", findings
        ),
        ttl_seconds_after_finished=read.whole(
            typed, "ttl_seconds_after_finished", f"{path}.ttl_seconds_after_finished", findings
        ),
        clean_pod_policy=read.word(CleanPodPolicy, clean, f"{path}.clean_pod_policy", findings)
        or CleanPodPolicy.RUNNING,
        suspend=read.text(typed, "suspend") == "on",
    )
