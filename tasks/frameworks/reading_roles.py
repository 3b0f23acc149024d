from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from console.registries.references import parse_image
from tasks.frameworks.building import FLAVOR_ANNOTATION, tolerations_of
from tasks.frameworks.containers import PULL_POLICY, resources_of, written_env
from tasks.frameworks.fields import Fields
from tasks.frameworks.reading_parts import env_of, probe_of
from tasks.frameworks.reading_volumes import ReadVolumes, read_volumes
from tasks.frameworks.server_fields import is_our_annotation, is_our_label
from tasks.frameworks.tolerations import read_tolerations
from tasks.specification.findings import Code
from tasks.specification.flavor import Flavor
from tasks.specification.kept import CONTAINER, RESOURCES, ROLE_KEPT
from tasks.specification.shapes import Framework
from tasks.specification.sizes import own_size
from tasks.specification.task import EnvEntry, Probe, RestartPolicy, RoleSpec

_Word = TypeVar("_Word", bound=StrEnum)


class ReadRole:
    """One entry of the roles map: `spec`, and what the roles of a task may share (tasks.frameworks.sharing).

    `pull_secrets` is None where they are more than names, and then in the specification's kept. `added` has, by their
    paths from the entry, what it does not say and will be written.
    """

    def __init__(
        self, name: str, role_fields: Fields, framework: Framework, flavors: Mapping[str, Flavor] | None
    ) -> None:
        self._framework, self._flavors = framework, flavors
        self._kept: dict[str, Any] = {}
        self.added: dict[str, Any] = {}
        entry = role_fields.inside(name)
        replicas = entry.whole("replicas", absent=0 if name in framework.roles_absent_are_none else 1)
        policy = word_of(RestartPolicy, entry, "restartPolicy", absent=framework.absent_restart_policy)
        template = entry.inside("template")
        annotations = self._read_metadata(template.inside("metadata"))
        pod = template.inside("spec")
        container = self._main_container(pod)
        self.image = container.text("image", required=True)
        self.volumes: ReadVolumes = read_volumes(pod, container, framework)
        self.pull_secrets = _secret_names(pod)
        self.priority_class = pod.text("priorityClassName")
        if name not in framework.roles_with_account and pod.peek("automountServiceAccountToken") in (False, None):
            if not pod.has("automountServiceAccountToken"):
                self.added["template.spec.automountServiceAccountToken"] = False
            pod.ignore("automountServiceAccountToken")
        flavor = self._read_size(annotations.get(FLAVOR_ANNOTATION, ""), pod, container)
        self._keep_pull_policy(container)
        env = self._read_env(container)
        liveness, readiness = _probe(container, "livenessProbe"), _probe(container, "readinessProbe")
        post_start, pre_stop = _hooks(container)
        command, args = container.texts("command"), container.texts("args")
        self._kept |= self.volumes.kept
        self._kept |= pod.keep_known("template.spec.", ROLE_KEPT, framework.key)
        self._kept |= container.keep_known(f"{CONTAINER}.", ROLE_KEPT, framework.key)
        self.spec = RoleSpec(
            name=name,
            replicas=replicas or 0,
            flavor=flavor,
            command=command,
            args=args,
            env=env,
            restart_policy=policy,
            shared_memory=self.volumes.shared_memory,
            liveness=liveness,
            readiness=readiness,
            post_start=post_start,
            pre_stop=pre_stop,
            mounts=self.volumes.files,
            kept=self._kept,
        )

    def _keep(self, fields: Fields, name: str, value: Any, path: str) -> None:
        self._kept |= fields.keep(name, value, path, ROLE_KEPT, self._framework.key)

    def _read_metadata(self, metadata: Fields) -> dict[str, str]:
        """The annotations; those of the writer's own are kept."""
        metadata.ignore("creationTimestamp")
        annotations = words_in(metadata.peek("annotations"))
        for name, ours in (("labels", is_our_label), ("annotations", is_our_annotation)):
            if own := others_in(metadata.take(name), ours):
                self._keep(metadata, name, own, f"template.metadata.{name}")
        return annotations

    def _main_container(self, pod: Fields) -> Fields:
        """The container that the operator looks for; another one beside it would keep the task from ending."""
        found = list(pod.items("containers"))
        wanted = self._framework.container
        by_name = [item for item in found if isinstance(item[2], dict) and item[2].get("name") == wanted]
        chosen = (by_name or found)[:1]
        if not chosen:
            pod.refuse(Code.REQUIRED, "containers")
        for item in found:
            if item not in chosen:
                pod.refuse(Code.FIELD_CONTAINER, f"containers[{item[0]}]")
        _, path, value = chosen[0] if chosen else (0, pod.path_of("containers[0]"), None)
        container = pod.at(path, value)
        if by_name:
            container.ignore("name")
        elif chosen and not self._framework.any_container_name:
            container.ignore("name")
            container.refuse(Code.FIELD_CONTAINER_NAME, "name", name=wanted)
        return container

    def _read_size(self, key: str, pod: Fields, container: Fields) -> Flavor | None:
        resources, selector = container.take("resources") or {}, pod.peek("nodeSelector") or {}
        tolerations = pod.peek("tolerations") or []
        for flavor in self._candidates(key, resources, selector, tolerations):
            size = resources_of(flavor)
            if (
                resources in ({"limits": size, "requests": size}, {"limits": size})
                and isinstance(selector, dict)
                and flavor.node_selector.items() <= selector.items()
                and tolerations in (tolerations_of(flavor), [])
            ):
                pod.ignore("tolerations", "nodeSelector")
                more = {name: value for name, value in selector.items() if name not in flavor.node_selector}
                if more:
                    self._keep(pod, "nodeSelector", more, "template.spec.nodeSelector")
                self._add_tolerations(flavor, tolerations)
                return flavor
        self._keep(container, "resources", resources, RESOURCES)
        own = own_size(self._kept.get(RESOURCES), selector)
        if own is not None and tolerations in (tolerations_of(own), []):
            pod.ignore("tolerations")
            self._add_tolerations(own, tolerations)
        return own

    def _add_tolerations(self, flavor: Flavor, said: Any) -> None:
        if flavor.tolerations and not said:
            self.added["template.spec.tolerations"] = tolerations_of(flavor)

    def _candidates(self, key: str, resources: object, selector: object, tolerations: object) -> Iterable[Flavor]:
        """The flavors that a size may be; the one it names comes first, and only it may be retired."""
        if self._flavors is not None:
            found = [flavor for flavor in self._flavors.values() if flavor.key == key or not flavor.retired]
            return sorted(found, key=lambda flavor: flavor.key != key)
        own = own_size(resources, selector)
        tolerated = read_tolerations(tolerations)
        return [replace(own, key=key, tolerations=tolerated)] if own and key and tolerated is not None else []

    def _keep_pull_policy(self, container: Fields) -> None:
        policy = container.peek("imagePullPolicy")
        image = parse_image(self.image)
        if policy == PULL_POLICY:
            container.ignore("imagePullPolicy")
        elif policy is None and image is not None and not image.digest and image.tag in ("", "latest"):
            # What Kubernetes would take for such a tag; we write another policy.
            path = f"{CONTAINER}.imagePullPolicy"
            self._keep(container, "imagePullPolicy", "Always", path)
            self.added[path] = "Always"

    def _read_env(self, container: Fields) -> tuple[EnvEntry, ...]:
        found = []
        for index, _path, item in container.items("env"):
            entry = env_of(item)
            if entry is not None and written_env(entry) == item:
                found.append(entry)
            else:
                self._keep(container, f"env[{index}]", item, f"{CONTAINER}.env[{index}]")
        return tuple(found)


def _secret_names(pod: Fields) -> tuple[str, ...] | None:
    value = pod.peek("imagePullSecrets") or []
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and set(item) == {"name"} and isinstance(item["name"], str) for item in value
    ):
        return None
    pod.ignore("imagePullSecrets")
    return tuple(item["name"] for item in value)


def _probe(container: Fields, name: str) -> Probe | None:
    probe = probe_of(container.peek(name))
    if probe is not None:
        container.ignore(name)
    return probe


def _hooks(container: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lifecycle = container.inside("lifecycle")
    post_start, pre_stop = (lifecycle.inside(name).inside("exec").texts("command") for name in ("postStart", "preStop"))
    return post_start, pre_stop


def word_of(words: type[_Word], fields: Fields, name: str, *, absent: _Word) -> _Word:
    """The word of the enumeration; an unknown one is refused."""
    text = fields.text(name)
    try:
        return words(text) if text else absent
    except ValueError:
        fields.refuse(Code.INVALID_CHOICE, name, value=text[:80])
        return absent


def words_in(annotations: object) -> dict[str, str]:
    found = annotations.items() if isinstance(annotations, dict) else ()
    return {key: value for key, value in found if isinstance(value, str)}


def others_in(value: object, ours: Any) -> Any:
    """Labels or annotations without our own; what are none is handed back for `keep` to refuse."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if not ours(key, item)}
