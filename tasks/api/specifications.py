"""The JSON of a task as a specification, and back."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from tasks.api.reading import UNREAD, join, read
from tasks.api.shapes import SpecificationShape
from tasks.frameworks import FRAMEWORKS
from tasks.specification import (
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    EnvSource,
    FileMount,
    FileSource,
    Finding,
    Flavor,
    Framework,
    HttpCheck,
    PodField,
    Probe,
    RoleSpec,
    RunPolicy,
    Scheme,
    SecretKey,
    TaskSpec,
    VolumePurpose,
    error,
)
from tasks.specification.entries import Typed
from tasks.specification.findings import Code
from tasks.specification.kept import RESOURCES, SELECTOR
from tasks.specification.sizes import own_size
from tasks.specification.task import CleanPodPolicy, RestartPolicy
from tasks.specification.text import normal_lines

_Json = Mapping[str, Any]
_ENV_SOURCES = ("value", "field", "config_map", "secret")


def specification_of(value: Any, *, flavors: Mapping[str, Flavor]) -> Typed | tuple[Finding, ...]:
    """The specification, and what could not be read of it; the findings alone when not even its type could be."""
    findings: list[Finding] = []
    given = read(SpecificationShape(), value, "", findings)
    if given is UNREAD or not {"framework", "mode"} <= given.keys():
        return tuple(findings)
    framework = FRAMEWORKS[given["framework"]]
    roles = [_role(name, role, framework, flavors, findings) for name, role in given.get("roles", {}).items()]
    mode = framework.mode(given["mode"])
    order = {shape.name: index for index, shape in enumerate(mode.roles)} if mode else {}
    roles.sort(key=lambda role: order.get(role.name, len(order)))
    spec = TaskSpec(
        framework=framework.key,
        mode=given["mode"],
        name=given.get("name", ""),
        namespace=given.get("namespace", ""),
        description=unicodedata.normalize("NFC", normal_lines(given.get("description", ""))),
        image=given.get("image", ""),
        volumes=tuple(
            _volume(purpose, given["volumes"][purpose.value])
            for purpose in VolumePurpose
            if purpose.value in given.get("volumes", {})
        ),
        roles=tuple(roles),
        run_policy=_run_policy(given.get("run_policy", {})),
        pull_secrets=tuple(given.get("pull_secrets", ())),
        priority_class=given.get("priority_class", ""),
        tensorboard=given.get("tensorboard", False),
        kept=given.get("kept", {}),
    )
    return Typed(spec, findings)


def _role(
    name: str, given: _Json, framework: Framework, flavors: Mapping[str, Flavor], findings: list[Finding]
) -> RoleSpec:
    path, key, kept = join("roles", name), given.get("flavor", ""), given.get("kept", {})
    if key and key not in flavors:
        findings.append(error(Code.FLAVOR_UNKNOWN, f"{path}.flavor", flavor=key))
    return RoleSpec(
        name=name,
        replicas=given.get("replicas", 1),
        image=given.get("image", ""),
        flavor=flavors.get(key) if key else own_size(kept.get(RESOURCES), kept.get(SELECTOR)),
        command=tuple(given.get("command", ())),
        args=tuple(given.get("args", ())),
        env=tuple(_env(entry, f"{path}.env.{index}", findings) for index, entry in enumerate(given.get("env", ()))),
        restart_policy=RestartPolicy(given.get("restart_policy", RestartPolicy.NEVER)),
        shared_memory=given.get("shared_memory", framework.shared_memory),
        liveness=_probe(given.get("liveness"), f"{path}.liveness", findings),
        readiness=_probe(given.get("readiness"), f"{path}.readiness", findings),
        post_start=tuple(given.get("post_start", ())),
        pre_stop=tuple(given.get("pre_stop", ())),
        mounts=tuple(
            _mount(entry, f"{path}.mounts.{index}", findings) for index, entry in enumerate(given.get("mounts", ()))
        ),
        kept=kept,
    )


def _env(given: _Json, path: str, findings: list[Finding]) -> EnvEntry:
    source = _one_of(given, _ENV_SOURCES, path, findings)
    refers = source in ("config_map", "secret")
    if refers and "key" not in given:
        findings.append(error(Code.REQUIRED, f"{path}.key"))
    elif source and not refers and "key" in given:
        findings.append(error(Code.FIELD_ONE_OF, path, fields="config_map, secret"))
    return EnvEntry(given.get("name", ""), _env_source(source, given))


def _env_source(source: str, given: _Json) -> EnvSource:
    match source:
        case "field":
            return PodField(given["field"])
        case "config_map":
            return ConfigMapKey(given["config_map"], given.get("key", ""))
        case "secret":
            return SecretKey(given["secret"], given.get("key", ""))
        case "value":
            return str(given["value"])
    return ""


def _probe(given: _Json | None, path: str, findings: list[Finding]) -> Probe | None:
    if given is None:
        return None
    check: HttpCheck | CommandCheck
    if _one_of(given, ("http", "command"), path, findings) == "http":
        http = given["http"]
        scheme = Scheme(http.get("scheme", Scheme.HTTP))
        check = HttpCheck(path=http.get("path", ""), port=http.get("port", 0), scheme=scheme)
    else:
        check = CommandCheck(command=tuple(given.get("command", ())))
    return Probe(check=check, **{name: value for name, value in given.items() if name not in ("http", "command")})


def _mount(given: _Json, path: str, findings: list[Finding]) -> FileMount:
    source = _one_of(given, [source.value for source in FileSource], path, findings)
    return FileMount(
        source=FileSource(source or FileSource.CONFIG_MAP),
        name=given.get(source, ""),
        mount_path=given.get("mount_path", ""),
        keys=tuple(given.get("keys", ())),
    )


def _one_of(given: _Json, names: "list[str] | tuple[str, ...]", path: str, findings: list[Finding]) -> str:
    """The one that is there; "" and a finding when it is none, or several."""
    found = [name for name in names if name in given]
    if len(found) == 1:
        return found[0]
    findings.append(error(Code.FIELD_ONE_OF, path, fields=", ".join(names)))
    return ""


def _volume(purpose: VolumePurpose, given: _Json) -> DataVolume:
    return DataVolume(
        purpose=purpose,
        claim=given.get("claim", ""),
        sub_path=given.get("sub_path", ""),
        mount_path=given.get("mount_path", ""),
    )


def _run_policy(given: _Json) -> RunPolicy:
    clean = CleanPodPolicy(given.get("clean_pod_policy", CleanPodPolicy.RUNNING))
    return RunPolicy(clean_pod_policy=clean, **{name: given[name] for name in given if name != "clean_pod_policy"})
