"""From a manifest back to a specification: for the settings as submitted, clones and imports.

Whatever is not modelled is named by its path and never silently dropped.
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from console.cluster.resources import DESCRIPTION_ANNOTATION, Manifest
from tasks.frameworks import framework_of_kind
from tasks.frameworks.building import (
    FLAVOR_ANNOTATION,
    SHARED_MEMORY_PATH,
    SHARED_MEMORY_VOLUME,
)
from tasks.frameworks.fields import Fields
from tasks.frameworks.tolerations import read_tolerations
from tasks.specification.flavor import GPU_RESOURCE, RDMA_RESOURCE, Flavor
from tasks.specification.quantities import MEBIBYTE, MILLICORE, whole_units
from tasks.specification.shapes import Framework
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

_Word = TypeVar("_Word", RestartPolicy, CleanPodPolicy, PodField, VolumePurpose)
# Written by the API server or by us for every task; nothing of the specification.
_SERVER_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a manifest says. `spec` is None when its kind is none of ours.

    `refused` has the path of each field that the specification has no place for, in the manifest's order: a manifest
    with none of those is built again without loss. `kept` has those that are carried along untouched (none so far).
    """

    spec: TaskSpec | None
    kept: dict[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def read(manifest: Manifest) -> Reading:
    """Read a manifest of any origin. Never raises for its content: what cannot be read is in `refused`."""
    top = Fields(manifest)
    framework = framework_of_kind(top.text("kind"))
    if framework is None or top.text("apiVersion") != framework.resource.api_version:
        return Reading(spec=None, refused=("kind",))
    top.ignore("status")
    metadata = top.inside("metadata")
    metadata.ignore(*_SERVER_METADATA, "labels")
    annotations = metadata.take("annotations")
    spec_fields = top.inside("spec")
    spec_fields.ignore(*framework.extra_names)
    role_fields = spec_fields.inside(framework.roles_field)
    roles = [_Role(name, role_fields.inside(name), framework) for name in role_fields.names()]
    mode = framework.mode_of(role.name for role in roles)
    order = {shape.name: index for index, shape in enumerate(mode.roles)} if mode else {}
    spec = TaskSpec(
        framework=framework.key,
        mode=mode.key if mode else "",
        name=metadata.text("name"),
        namespace=metadata.text("namespace"),
        description=_text_in(annotations, DESCRIPTION_ANNOTATION),
        image=roles[0].image if roles else "",
        volumes=tuple(roles[0].volumes) if roles else (),
        roles=tuple(role.spec for role in sorted(roles, key=lambda role: order.get(role.name, 99))),
        run_policy=_run_policy(spec_fields.inside("runPolicy"), roles),
    )
    for role in roles[1:]:  # one image and one set of volumes a task
        if role.image != spec.image:
            top.refuse(f"spec.{framework.roles_field}.{role.name}.template.spec.containers[0].image")
        if tuple(role.volumes) != spec.volumes:
            top.refuse(f"spec.{framework.roles_field}.{role.name}.template.spec.volumes")
    return Reading(spec=spec, refused=top.left_over())


def _run_policy(fields: Fields, roles: "list[_Role]") -> RunPolicy:
    all_never = all(role.spec.restart_policy == RestartPolicy.NEVER for role in roles)
    return RunPolicy(
        # Where every role is Never it is not written, and has no effect: then it is the default.
        backoff_limit=fields.whole("backoffLimit", absent=0 if all_never else None),
        active_deadline_seconds=fields.whole("activeDeadlineSeconds", absent=None),
        ttl_seconds_after_finished=fields.whole("ttlSecondsAfterFinished", absent=None),
        # What the operator does when nothing is written (kubeflow.md 3.1), not what our wizard proposes.
        clean_pod_policy=_word(CleanPodPolicy, fields, "cleanPodPolicy", absent=CleanPodPolicy.NONE),
        suspend=fields.flag("suspend"),
    )


class _Role:
    """One entry of the roles map: `spec`, and the `image` and `volumes` that it shares with the others."""

    def __init__(self, name: str, fields: Fields, framework: Framework) -> None:
        self.name = name
        template = fields.inside("template")
        metadata = template.inside("metadata")
        metadata.ignore("creationTimestamp", "labels")
        annotations = metadata.take("annotations")
        pod = template.inside("spec")
        pod.ignore("automountServiceAccountToken")
        container = pod.only("containers")
        container.ignore("name", "imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy")
        self.image = container.text("image")
        self.volumes, shared_memory = _volumes(pod, container)
        default_policy = RestartPolicy.ON_FAILURE if framework.key == "pytorch" else RestartPolicy.NEVER
        self.spec = RoleSpec(
            name=name,
            replicas=fields.whole("replicas", absent=1) or 0,
            flavor=_flavor(_text_in(annotations, FLAVOR_ANNOTATION), pod, container.inside("resources")),
            command=container.texts("command"),
            args=container.texts("args"),
            env=tuple(filter(None, (_env(entry) for entry in container.each("env")))),
            restart_policy=_word(RestartPolicy, fields, "restartPolicy", absent=default_policy),
            shared_memory=shared_memory,
        )


def _flavor(key: str, pod: Fields, resources: Fields) -> Flavor | None:
    limits, requests = resources.peek("limits"), resources.peek("requests")
    if not isinstance(limits, dict) or limits != (requests or limits):
        return None  # requests below limits are a size of their own; the path stays in `refused`
    known = {"cpu", "memory", GPU_RESOURCE, RDMA_RESOURCE}
    cpu, memory = whole_units(limits.get("cpu"), MILLICORE), whole_units(limits.get("memory"), MEBIBYTE)
    gpus, rdma_devices = (whole_units(limits.get(name, 0), 1) for name in (GPU_RESOURCE, RDMA_RESOURCE))
    if cpu is None or memory is None or gpus is None or rdma_devices is None or not set(limits) <= known:
        return None
    selector = pod.peek("nodeSelector")
    tolerations = read_tolerations(pod.peek("tolerations") or [])
    resources.ignore("limits", "requests")
    if is_selector := isinstance(selector, dict) and all(isinstance(value, str) for value in selector.values()):
        pod.ignore("nodeSelector")
    if tolerations is not None:
        pod.ignore("tolerations")
    return Flavor(
        key=key,
        cpu_millicores=cpu,
        memory_mib=memory,
        gpus=gpus,
        rdma_devices=rdma_devices,
        node_selector=dict(selector) if is_selector else {},
        tolerations=tolerations or (),
    )


def _volumes(pod: Fields, container: Fields) -> tuple[list[DataVolume], bool]:
    """Our own volumes, by their names; others stay in `refused`. The flag: /dev/shm is one of them."""
    mounts = {mount.peek_text("name"): mount for mount in container.each("volumeMounts")}
    found: list[DataVolume] = []
    shared_memory = False
    for volume in pod.each("volumes"):
        name = volume.peek_text("name")
        mount = mounts.get(name)
        claim = volume.peek("persistentVolumeClaim")
        if mount is None:
            continue
        if name == SHARED_MEMORY_VOLUME and mount.peek("mountPath") == SHARED_MEMORY_PATH:
            volume.ignore("name", "emptyDir")
            mount.ignore("name", "mountPath")
            shared_memory = True
        elif name in set(VolumePurpose) and isinstance(claim, dict) and set(claim) == {"claimName"}:
            volume.ignore("name", "persistentVolumeClaim")
            mount.ignore("name")
            found.append(
                DataVolume(
                    purpose=VolumePurpose(name),
                    claim=str(claim["claimName"]),
                    mount_path=mount.text("mountPath"),
                    sub_path=mount.text("subPath"),
                )
            )
    return found, shared_memory


def _env(entry: Fields) -> EnvEntry | None:
    source: EnvSource | None = None
    if not entry.has("valueFrom"):
        source = entry.text("value")
    elif not entry.has("value"):
        source = _env_source(entry.inside("valueFrom"))
    return None if source is None else EnvEntry(entry.text("name"), source)


def _env_source(source: Fields) -> EnvSource | None:
    if source.has("fieldRef"):
        reference = source.inside("fieldRef")
        reference.ignore("apiVersion")
        if reference.peek_text("fieldPath") in set(PodField):
            return PodField(reference.text("fieldPath"))
    elif source.has("configMapKeyRef"):
        reference = source.inside("configMapKeyRef")
        return ConfigMapKey(reference.text("name"), reference.text("key"))
    elif source.has("secretKeyRef"):
        reference = source.inside("secretKeyRef")
        return SecretKey(reference.text("name"), reference.text("key"))
    return None


def _word(words: type[_Word], fields: Fields, name: str, *, absent: _Word) -> _Word:
    """The word of the enumeration; an unknown one stays in `refused`."""
    if not fields.has(name):
        return absent
    try:
        word = words(fields.peek(name))
    except ValueError:
        return absent
    fields.ignore(name)
    return word


def _text_in(annotations: object, key: str) -> str:
    value = annotations.get(key, "") if isinstance(annotations, dict) else ""
    return value if isinstance(value, str) else ""
