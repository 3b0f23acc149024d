"""From a manifest back to a specification: for the settings as submitted, clones and imports.

Everything a manifest says is modelled, carried along untouched, or refused by its path; tasks.frameworks.server_fields
names the only exceptions. What an operator or the API server would only assume is written out by `build`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from console.cluster.resources import DESCRIPTION_ANNOTATION
from tasks.frameworks import FRAMEWORKS, framework_of_kind
from tasks.frameworks.building import IMAGE_ANNOTATION, TENSORBOARD_ANNOTATION
from tasks.frameworks.fields import Fields
from tasks.frameworks.reading_roles import ReadRole, others_in, word_of, words_in
from tasks.frameworks.server_fields import SERVER_FIELDS, SERVER_METADATA, is_our_annotation, is_our_label
from tasks.frameworks.sharing import share
from tasks.specification.findings import Code, Finding, error
from tasks.specification.flavor import Flavor
from tasks.specification.kept import TASK_KEPT
from tasks.specification.shapes import Framework
from tasks.specification.task import CleanPodPolicy, RestartPolicy, RoleSpec, RunPolicy, TaskSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a manifest says. `spec` is None when its kind is none of ours; its mode is "" when the roles fit none.

    `refused` names each part that has no place, as "spec.tfReplicaSpecs.PS.template.spec.volumes[1].hostPath", and says
    why: a manifest with none of those is built again without loss. `added` has what it does not say and what will be
    written: the cluster would assume it, and no field shows it; or every task of ours has it. `kept` has what is
    carried along untouched; it is in the specification, too. Both have paths from the manifest's top.
    """

    spec: TaskSpec | None
    refused: tuple[Finding, ...] = ()
    added: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> dict[str, Any]:
        if self.spec is None:
            return {}
        roles = FRAMEWORKS[self.spec.framework].roles_field
        found = {**self.spec.kept, **_of_roles(roles, {role.name: role.kept for role in self.spec.roles})}
        return {path: value for path, value in found.items() if path not in self.added and value != {}}


def _of_roles(field: str, by_role: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"spec.{field}.{name}.{path}": value for name, found in by_role.items() for path, value in found.items()}


def read(manifest: object, *, flavors: Mapping[str, Flavor] | None = None) -> Reading:
    """Read a manifest of any origin. Never raises for its content: what cannot be read is in `refused`.

    A pod's size becomes one of `flavors` when it is exactly one of them; else it is carried along as it is. Without
    `flavors` a size that names its flavor is taken to be that.
    """
    top = Fields(manifest)
    framework = framework_of_kind(top.text("kind"))
    if framework is None or top.text("apiVersion") != framework.resource.api_version:
        return Reading(spec=None, refused=(error(Code.KIND_UNKNOWN, "kind"),))
    top.ignore(*SERVER_FIELDS)
    metadata, body = top.inside("metadata"), top.inside("spec")
    annotations = words_in(metadata.peek("annotations"))
    role_fields = body.inside(framework.roles_field)
    roles = [ReadRole(name, role_fields, framework, flavors) for name in role_fields.names()]
    mode = framework.mode_of(role.spec.name for role in roles)
    if mode is None:
        role_fields.refuse(Code.MODE_UNKNOWN, roles=", ".join(role.spec.name for role in roles)[:200])
    order = {shape.name: index for index, shape in enumerate(mode.roles)} if mode else {}
    roles.sort(key=lambda role: order.get(role.spec.name, len(order)))
    shared = share(roles, image=annotations.get(IMAGE_ANNOTATION, ""))
    kept: dict[str, Any] = {}
    policy = _run_policy(body, framework, shared.roles, kept)
    spec = TaskSpec(
        framework=framework.key,
        mode=mode.key if mode else "",
        name=metadata.text("name"),
        namespace=metadata.text("namespace"),
        description=annotations.get(DESCRIPTION_ANNOTATION, ""),
        image=shared.image,
        volumes=shared.volumes,
        roles=shared.roles,
        run_policy=policy,
        pull_secrets=shared.pull_secrets,
        priority_class=shared.priority_class,
        tensorboard=annotations.get(TENSORBOARD_ANNOTATION) == "true",
    )
    kept |= _kept_metadata(metadata, framework)
    assumed = _assumed_fields(body, framework, spec)
    kept |= assumed | body.keep_known("spec.", TASK_KEPT, framework.key)
    added = assumed | _of_roles(framework.roles_field, {role.spec.name: role.added for role in roles})
    return Reading(spec=replace(spec, kept=kept), refused=top.refused(), added=added)


def _run_policy(body: Fields, framework: Framework, roles: tuple[RoleSpec, ...], kept: dict[str, Any]) -> RunPolicy:
    all_never = all(role.restart_policy == RestartPolicy.NEVER for role in roles)
    fields = body.inside("runPolicy")
    older = body.peek("cleanPodPolicy") if framework.older_clean_pod_policy else None
    # What the operator does when nothing is written (kubeflow.md 3.1), not what our wizard proposes.
    absent = CleanPodPolicy(older) if isinstance(older, str) and older in set(CleanPodPolicy) else CleanPodPolicy.NONE
    policy = RunPolicy(
        # Where every role is Never it is not written, and has no effect: then it is the default.
        backoff_limit=fields.whole("backoffLimit", absent=0 if all_never else None),
        active_deadline_seconds=fields.whole("activeDeadlineSeconds", absent=None),
        ttl_seconds_after_finished=fields.whole("ttlSecondsAfterFinished", absent=None),
        clean_pod_policy=word_of(CleanPodPolicy, fields, "cleanPodPolicy", absent=absent),
        suspend=fields.flag("suspend"),
    )
    kept |= fields.keep_known("spec.runPolicy.", TASK_KEPT, framework.key)
    return policy


def _kept_metadata(metadata: Fields, framework: Framework) -> dict[str, Any]:
    metadata.ignore(*SERVER_METADATA)
    kept: dict[str, Any] = {}
    for name, ours in (("labels", is_our_label), ("annotations", _is_read)):
        if own := others_in(metadata.take(name), ours):
            kept |= metadata.keep(name, own, f"metadata.{name}", TASK_KEPT, framework.key)
    return kept


def _is_read(key: str, value: Any) -> bool:
    """Whether the annotation is ours, or in the specification."""
    return (
        is_our_annotation(key, value)
        or (key == DESCRIPTION_ANNOTATION and isinstance(value, str))
        or (key == TENSORBOARD_ANNOTATION and value == "true")
    )


def _assumed_fields(body: Fields, framework: Framework, spec: TaskSpec) -> dict[str, Any]:
    """What is not said, and where we would write something else than the operator assumes."""
    kept: dict[str, Any] = {}
    for name, ours in framework.extra_fields(spec).items():
        assumed = framework.assumed_fields.get(name)
        if type(body.peek(name)) is type(ours) and body.peek(name) == ours:
            body.ignore(name)
        elif not body.has(name) and assumed not in (None, ours):
            kept |= body.keep(name, assumed, f"spec.{name}", TASK_KEPT, framework.key)
    return kept
