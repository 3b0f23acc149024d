"""The one validator. Every way in asks it, and nothing leaves the console with a blocking finding.

The API server accepts much that then hangs, or that brings the operator down for everybody (kubeflow.md 0.4 and 2.1:
replicas of -1, a role of an MXJob without containers): the rules here are the only guard against those.
"""

from tasks.specification.capacity_rules import check_capacity
from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.images import check_image
from tasks.specification.kept_rules import check_kept_of_task
from tasks.specification.names import DERIVED_MAX, check_name, longest_derived
from tasks.specification.operator_objects import check_operator_objects
from tasks.specification.policy_rules import check_policies
from tasks.specification.reference_rules import check_references
from tasks.specification.role_rules import check_roles
from tasks.specification.size_rules import check_size
from tasks.specification.task import TaskSpec
from tasks.specification.text import bad_character
from tasks.specification.volume_rules import check_volumes

DESCRIPTION_MAX = 1000  # code points; a line break is one


def check(spec: TaskSpec, facts: Facts) -> tuple[Finding, ...]:
    """Everything that is wrong with, or worth knowing about, a task; in the order of the wizard's fields.

    Pure: what the world is like comes in as `facts`. An unknown framework or mode ends the check at once, since the
    other rules depend on it.
    """
    framework = facts.frameworks.get(spec.framework)
    if framework is None:
        return (error(Code.INVALID_CHOICE, "framework", value=spec.framework),)
    mode = framework.mode(spec.mode)
    if mode is None:
        return (error(Code.INVALID_CHOICE, "mode", value=spec.mode),)
    found: list[Finding] = []
    if facts.served_kinds is not None and framework.resource.kind not in facts.served_kinds:
        found.append(error(Code.FRAMEWORK_NOT_SERVED, "framework", kind=framework.resource.kind))
    found += _check_name(spec, facts)
    found += _check_namespace(spec, facts)
    found += _check_names_resolve(spec, facts)
    found += check_text(spec.description, "description", maximum=DESCRIPTION_MAX)
    found += check_volumes(spec, facts)
    found += check_image(spec.image)
    found += check_references(spec, facts)
    found += check_operator_objects(spec, framework, facts)
    found += check_roles(spec, framework, mode, facts)
    found += check_size(spec)
    found += check_policies(spec, mode)
    found += check_kept_of_task(spec, framework, facts)
    found += check_capacity(spec, facts)
    return tuple(found)


def check_text(text: str, path: str, *, maximum: int) -> list[Finding]:
    if bad := bad_character(text):
        return [error(Code.INVALID_CHARACTER, path, character=bad)]
    if len(text) > maximum:
        return [error(Code.TOO_LONG, path, maximum=maximum, length=len(text))]
    return []


def _check_name(spec: TaskSpec, facts: Facts) -> list[Finding]:
    if found := check_name(spec.name):
        return found
    if spec.name in facts.taken_names:
        return [error(Code.NAME_TAKEN, "name", name=spec.name)]
    longest = longest_derived(spec.name, {role.name: role.replicas for role in spec.roles})
    if len(longest) > DERIVED_MAX:
        # Names of 55 to 63 characters would run to success and never get a status (kubeflow.md section 5).
        return [error(Code.NAMES_TOO_LONG, "name", derived=longest, maximum=DERIVED_MAX)]
    return []


def _check_names_resolve(spec: TaskSpec, facts: Facts) -> list[Finding]:
    if facts.names_resolve is False and spec.pods > 1:
        return [warning(Code.DNS_MISSING, "namespace")]
    return []


def _check_namespace(spec: TaskSpec, facts: Facts) -> list[Finding]:
    if not spec.namespace:
        return [error(Code.NOT_CHOSEN, "namespace")]
    if facts.namespaces is None:
        return []
    namespace = facts.namespaces.get(spec.namespace)
    if namespace is None:
        return [error(Code.NAMESPACE_UNKNOWN, "namespace", namespace=spec.namespace)]
    if not namespace.active:
        return [error(Code.NAMESPACE_ENDING, "namespace", namespace=spec.namespace)]
    if not namespace.may_create:
        return [error(Code.NAMESPACE_READ_ONLY, "namespace", namespace=spec.namespace)]
    return []
