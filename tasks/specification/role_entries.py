from collections.abc import Mapping
from typing import Any

from tasks.specification import typed as read
from tasks.specification.accepting import without_nulls
from tasks.specification.findings import Code, Finding, error
from tasks.specification.flavor import Flavor
from tasks.specification.kept import RESOURCES, SELECTOR
from tasks.specification.shapes import Framework, RoleShape
from tasks.specification.sizes import own_size
from tasks.specification.task import (
    CommandCheck,
    ConfigMapKey,
    EnvEntry,
    EnvSource,
    FileMount,
    FileSource,
    HttpCheck,
    PodField,
    Probe,
    RestartPolicy,
    RoleSpec,
    Scheme,
    SecretKey,
)
from tasks.specification.typed import Entries, lines

PROBE_NUMBERS = {  # with what Kubernetes takes when nothing is written
    "initial_delay_seconds": "0",
    "timeout_seconds": "1",
    "period_seconds": "10",
    "success_threshold": "1",
    "failure_threshold": "3",
}


def role_of(
    typed: Entries, shape: RoleShape, framework: Framework, flavors: Mapping[str, Flavor], findings: list[Finding]
) -> RoleSpec:
    """One role as typed; what could not be read is added to `findings`."""
    path = f"roles.{shape.name}"
    key = read.text(typed, "flavor")
    if key and key not in flavors:
        findings.append(error(Code.FLAVOR_UNKNOWN, f"{path}.flavor", flavor=key))
    replicas = read.whole(typed, "replicas", f"{path}.replicas", findings, default="1", required=True)
    policy = read.text(typed, "restart_policy", "Never")
    kept = kept_of(typed)
    return RoleSpec(
        name=shape.name,
        replicas=1 if replicas is None else replicas,
        image=read.name(typed, "image"),
        flavor=flavors.get(key) if key else own_size(kept.get(RESOURCES), kept.get(SELECTOR)),
        command=lines(read.text(typed, "command")),
        args=lines(read.text(typed, "args")),
        env=_env(typed, f"{path}.env", findings),
        restart_policy=read.word(RestartPolicy, policy, f"{path}.restart_policy", findings) or RestartPolicy.NEVER,
        shared_memory=read.text(typed, "shared_memory", "on" if framework.shared_memory else "") == "on",
        liveness=_probe(read.group(typed, "liveness"), f"{path}.liveness", findings),
        readiness=_probe(read.group(typed, "readiness"), f"{path}.readiness", findings),
        post_start=lines(read.text(typed, "post_start")),
        pre_stop=lines(read.text(typed, "pre_stop")),
        mounts=_mounts(typed, f"{path}.mounts", findings),
        kept=kept,
    )


def kept_of(typed: Entries) -> dict[str, Any]:
    return {path: without_nulls(value) for path, value in read.group(typed, "kept").items() if isinstance(path, str)}


def _env(typed: Entries, path: str, findings: list[Finding]) -> tuple[EnvEntry, ...]:
    return tuple(
        EnvEntry(read.name(row, "name"), _env_source(row, f"{path}.{index}", findings))
        for index, row in read.groups(typed, "env")
    )


def _env_source(row: Entries, path: str, findings: list[Finding]) -> EnvSource:
    reference, key = read.name(row, "reference"), read.name(row, "key")
    match read.text(row, "source", "value"):
        case "value":
            return read.text(row, "value")
        case "field":
            return read.word(PodField, read.text(row, "field"), f"{path}.field", findings) or ""
        case "config_map":
            return ConfigMapKey(reference, key)
        case "secret":
            return SecretKey(reference, key)
        case other:
            findings.append(error(Code.INVALID_CHOICE, f"{path}.source", value=other))
            return ""


def _probe(typed: Entries, path: str, findings: list[Finding]) -> Probe | None:
    """None where no kind was chosen: then whatever else was typed waits until one is."""
    check: HttpCheck | CommandCheck
    match read.text(typed, "kind"):
        case "":
            return None
        case "http":
            port = read.whole(typed, "port", f"{path}.port", findings, required=True)
            scheme = read.word(Scheme, read.text(typed, "scheme", "HTTP"), f"{path}.scheme", findings)
            check = HttpCheck(path=read.name(typed, "path"), port=port or 0, scheme=scheme or Scheme.HTTP)
        case "command":
            check = CommandCheck(command=lines(read.text(typed, "command")))
        case other:
            findings.append(error(Code.INVALID_CHOICE, f"{path}.kind", value=other))
            return None
    numbers = {
        name: read.whole({name: read.name(typed, name) or default}, name, f"{path}.{name}", findings)
        for name, default in PROBE_NUMBERS.items()
    }
    return Probe(check=check, **{name: number for name, number in numbers.items() if number is not None})


def _mounts(typed: Entries, path: str, findings: list[Finding]) -> tuple[FileMount, ...]:
    found = []
    for index, row in read.groups(typed, "mounts"):
        source = read.text(row, "source", FileSource.CONFIG_MAP)
        found.append(
            FileMount(
                source=read.word(FileSource, source, f"{path}.{index}.source", findings) or FileSource.CONFIG_MAP,
                name=read.name(row, "name"),
                mount_path=read.name(row, "mount_path"),
                keys=tuple(key.strip(" ") for key in lines(read.text(row, "keys"))),
            )
        )
    return tuple(found)
