"""Every finding and every outcome in words. Rules return codes; this is the one place that speaks."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.web.templatetags.figures import cores, memory
from tasks.specification.findings import Code, Finding, Parameter
from tasks.specification.text import visible

WORDS: Mapping[Code, str | Promise] = {
    Code.REQUIRED: _("Fill this in."),
    Code.NOT_CHOSEN: _("Choose one."),
    Code.NOT_A_WHOLE_NUMBER: _("Write a whole number, with the digits 0 to 9 only."),
    Code.TOO_SMALL: _("At least %(minimum)s."),
    Code.TOO_LARGE: _("At most %(maximum)s."),
    Code.TOO_LONG: _("At most %(maximum)s characters; these are %(length)s."),
    Code.TOO_MANY: _("At most %(maximum)s entries."),
    Code.INVALID_CHARACTER: _("The character %(character)s is not allowed: it is invisible or changes how text reads."),
    Code.TASK_TOO_LARGE: _(
        "Commands and values are %(size)s KiB together; the cluster keeps no task above %(maximum)s KiB. "
        "Put long scripts and data into the image, a ConfigMap or a volume."
    ),
    Code.INVALID_CHOICE: _("“%(value)s” is not one of the choices."),
    Code.FRAMEWORK_NOT_SERVED: _(
        "This cluster does not know %(kind)s: its training operator does not serve that type. Choose another type."
    ),
    Code.NAME_START: _("Start with a lowercase letter, a to z."),
    Code.NAME_END: _("The last character cannot be a hyphen."),
    Code.NAME_CHARACTERS: _("Use lowercase letters a to z, digits and hyphens only."),
    Code.NAME_TAKEN: _("The namespace already has a task “%(name)s”, of this or another type. Choose another name."),
    Code.NAMES_TOO_LONG: _("Its longest pod name, %(derived)s, would exceed %(maximum)s characters. Shorten the name."),
    Code.NAMESPACE_UNKNOWN: _("There is no namespace “%(namespace)s” that you can use. Choose one from the list."),
    Code.NAMESPACE_READ_ONLY: _("You may look at “%(namespace)s”, but not create tasks in it."),
    Code.DNS_MISSING: _("The cluster has no DNS add-on: pods of a distributed task do not find one another by name."),
    Code.NAMESPACE_ENDING: _("“%(namespace)s” is being deleted and takes no new tasks."),
    Code.IMAGE_INVALID: _(
        "This is not an image reference. Write it as registry/repository:tag, for example %(example)s."
    ),
    Code.IMAGE_HOST: _("Images cannot come from %(host)s: link-local addresses belong to the nodes themselves."),
    Code.PATH_NOT_ABSOLUTE: _("Start the path with “/”."),
    Code.PATH_ROOT: _("The root of the container cannot be replaced. Choose a folder, for example /data."),
    Code.PATH_DOTS: _("The path cannot have “.” or “..” as a part."),
    Code.PATH_CHARACTER: _("The path cannot contain %(character)s."),
    Code.PATH_RESERVED: _("%(directory)s belongs to the system of the container. Choose another folder."),
    Code.PATH_TAKEN: _("Something else is mounted at %(path)s already."),
    Code.PATH_NESTED: _(
        "This and %(path)s lie one inside the other: the inner mount hides what the outer one has there."
    ),
    Code.SUB_PATH_NOT_RELATIVE: _(
        "Write a path inside the claim, such as runs/2024: no “/” at its start or end, no “//”."
    ),
    Code.CLAIM_UNKNOWN: _("The namespace %(namespace)s has no claim “%(claim)s”."),
    Code.CLAIM_LOST: _("The volume behind “%(claim)s” is lost; pods that mount it cannot start."),
    Code.CLAIM_UNBOUND: _("“%(claim)s” has no volume yet; pods wait until it has one."),
    Code.CLAIM_ONE_NODE: _("“%(claim)s” can be mounted on one node only; pods on other nodes will not start."),
    Code.CLAIM_READ_ONLY: _("“%(claim)s” can only be read: what the task writes there fails."),
    Code.ROLE_MISSING: _("This training mode needs the role %(role)s."),
    Code.ROLE_UNKNOWN: _("This training mode has no role %(role)s."),
    Code.ROLE_TWICE: _("The role %(role)s is there twice."),
    Code.REPLICAS_EXACTLY: _("%(role)s has exactly %(replicas)s pod."),
    Code.FLAVOR_UNKNOWN: _("The flavor “%(flavor)s” is not offered (any more). Choose another one."),
    Code.FLAVOR_RETIRED: _("The flavor “%(flavor)s” is not offered any more. Choose another one."),
    Code.FLAVOR_CLASS: _("%(role)s computes and cannot use an RDMA flavor. Choose one with a GPU."),
    Code.FLAVOR_NO_NODE_MODEL: _(
        "No node has this GPU model (label trainyard.io/gpu-model=%(model)s). Pods would wait until one joins."
    ),
    Code.FLAVOR_NO_NODE_GPUS: _(
        "No node has %(gpus)s of these GPUs; the largest has %(largest)s. Pods would wait until one joins."
    ),
    Code.FLAVOR_NO_NODE_LABELS: _("No node has the labels %(labels)s. Pods would wait until one joins."),
    Code.FLAVOR_NO_NODE_TAINT: _(
        "Every node that fits is tainted with %(taint)s, which this flavor does not tolerate. Pods would wait."
    ),
    Code.FLAVOR_NO_NODE_SIZE: _("No node has that much CPU and memory. Pods would wait until one joins."),
    Code.CUDA_TOO_NEW: _(
        "The image has CUDA %(cuda)s; driver %(driver)s of the nodes takes CUDA %(newest)s and older. "
        "The program will not find its GPU, unless the image brings a newer driver library."
    ),
    Code.CUDA_SOME_NODES: _(
        "The image has CUDA %(cuda)s; driver %(driver)s of some nodes takes CUDA %(newest)s and older. "
        "Pods that land there will not find their GPU."
    ),
    Code.COMMAND_TOO_LONG: _("At most %(maximum)s bytes in all. Put long scripts into the image or a volume."),
    Code.COMMAND_BLANK: _("An item cannot be blank."),
    Code.COMMAND_REPLACES_WAITING: _(
        "%(role)s pods then run this command and end, and mpirun cannot reach them. "
        "Leave it empty unless it keeps running."
    ),
    Code.ENV_NAME: _("Use letters, digits and underscores; do not start with a digit."),
    Code.ENV_TWICE: _("%(name)s is there twice; only one of them would count."),
    Code.ENV_RESERVED: _("%(name)s is set by the training operator, which would overwrite yours."),
    Code.ENV_RISKY: _("%(name)s changes how every program of the container starts. Be sure that you mean it."),
    Code.ENV_TOO_LONG: _("At most %(maximum)s bytes. Use a mounted file for more."),
    Code.REFERENCE_NAME: _(
        "“%(name)s” cannot be the name of a ConfigMap or Secret: lowercase letters, digits, “-” and “.” only."
    ),
    Code.REFERENCE_KEY: _("This cannot be a key: letters, digits, “-”, “_” and “.” only."),
    Code.ALWAYS_NEVER_SUCCEEDS: _(
        "With Always, %(role)s starts again even after success: the task never succeeds and must be deleted by hand."
    ),
    Code.ON_FAILURE_WITHOUT_RETRIES: _(
        "With 0 retries the first restart fails the task and deletes its pods. Allow some retries, or use Never."
    ),
    Code.EXIT_CODE_WITHOUT_RETRIES: _("With 0 retries ExitCode restarts nothing: the first failure ends the task."),
    Code.EXIT_CODE_FOR_EVER: _(
        "Retries do not limit ExitCode: pods that end with 128 to 255 are started again and again. "
        "Set a maximum lifetime."
    ),
    Code.RETRIES_WITHOUT_EFFECT: _("Retries apply only to OnFailure and Always; every role here says Never."),
    Code.PODS_STAY: _(
        "Pods that still run when the task ends go on running, and hold what they have, until it is deleted."
    ),
    Code.QUOTA_EXCEEDED: _(
        "Quota of the namespace, %(resource)s: %(left)s left, %(wanted)s asked for. Pods may be refused."
    ),
    Code.TTL_NOTHING: _("With 0 the task, its pods and their logs are deleted the moment it ends."),
    Code.RETRIES_UNLIMITED: _("Without a retry limit, pods that keep failing are started again for ever."),
    Code.PRIORITY_CLASS_NAME: _(
        "This cannot be the name of a priority class: lowercase letters, digits, “-” and “.” only."
    ),
    Code.PRIORITY_CLASS_UNKNOWN: _("The cluster has no priority class “%(name)s”; it would refuse every pod."),
    Code.PULL_SECRET_UNKNOWN: _("The namespace %(namespace)s has no pull Secret “%(name)s”."),
    Code.TWICE: _("%(name)s is there twice."),
    Code.CONFIG_MAP_TAKEN: _(
        "The training operator would list the pods in a ConfigMap “%(name)s”, and the namespace has another one "
        "of that name: the task would never start. Choose another name."
    ),
    Code.CONFIG_MAP_UNKNOWN: _("The namespace %(namespace)s has no ConfigMap “%(name)s”; pods would wait for it."),
    Code.SECRET_UNKNOWN: _("The namespace %(namespace)s has no Secret “%(name)s”; pods would wait for it."),
    Code.KEY_UNKNOWN: _("“%(name)s” has no key “%(key)s”; pods would wait for it."),
    Code.PROBE_PATH: _("Write a path such as /healthz: it starts with one “/” and has no spaces."),
    Code.PROBE_SUCCESSES: _("A liveness probe succeeds with 1 success; Kubernetes takes no other number."),
    Code.PROBE_EARLY: _(
        "A container that does not answer within %(seconds)s s is killed, perhaps before its first step. "
        "Raise the delay or the number of failures."
    ),
    Code.PROBE_OVERLAP: _("The timeout is longer than the period: one check may still run when the next is due."),
    Code.KIND_UNKNOWN: _("This is no TFJob, MXJob, PyTorchJob or MPIJob of kubeflow.org/v1."),
    Code.MODE_UNKNOWN: _("No training mode of this type has exactly these roles: %(roles)s."),
    Code.FIELD_UNKNOWN: _("The console does not carry the field %(field)s. Remove it."),
    Code.FIELD_TYPO: _("There is no field %(field)s here. Did you mean %(suggestion)s?"),
    Code.FIELD_TYPE: _("The value must be %(wanted)s."),
    Code.FIELD_VALUE: _("“%(value)s” is no value that this field takes."),
    Code.FIELD_ONE_OF: _("Exactly one of these must be there: %(fields)s."),
    Code.FIELD_TOO_LARGE: _("This is too large or too deeply nested to be carried along."),
    Code.FIELD_NODE: _("This would give the pod a hold on its node or on others there. Remove it."),
    Code.FIELD_RIGHTS: _("This would give the pod more rights than a task’s pods have. Remove it."),
    Code.FIELD_IDENTITY: _("Tasks have no account of their own towards the cluster. Remove it."),
    Code.FIELD_PLACEMENT: _("The flavor decides where and how pods run. Remove this and choose a flavor."),
    Code.FIELD_CONTAINER: _(
        "A pod of a task has one container: another one that keeps running would keep the task from ending. Remove it."
    ),
    Code.FIELD_CONTAINER_NAME: _("The training operator looks for a container called “%(name)s”. Rename it."),
    Code.FIELD_ADDRESS: _("Nodes must not be sent to addresses: probes ask the pod itself, hooks run a command."),
    Code.FIELD_VOLUME: _("The console does not carry this kind of volume. Use a claim, a ConfigMap or a Secret."),
    Code.FIELD_OWNED: _("The cluster or the console writes this. Remove it."),
    Code.QUANTITY: _("This is no quantity. Write for example 500m for CPU, 16Gi for memory, 2 for GPUs."),
    Code.SIZE_OWN: _("This size is no flavor of the catalogue. It is kept as it is and has no price."),
    Code.SIZE_OPEN: _(
        "Without limits of CPU and memory the pod may be refused by a quota, and is the first to be killed."
    ),
    Code.SIZE_LIMIT_MISSING: _("%(device)s is asked for without a limit. Set the limit to the same number."),
    Code.SIZE_LIMIT_BELOW: _("The limit of %(device)s is below what is asked for. Raise it."),
    Code.SIZE_FRACTION: _("%(device)s comes in whole numbers only."),
    Code.SIZE_UNEQUAL: _("What is asked for of %(device)s and its limit must be the same number."),
    Code.PORT_NAME_MISSING: _("Give this port a name: without one the pod’s service is refused and the task hangs."),
    Code.PORT_TAKEN: _("%(port)s is there twice: the pod’s service would be refused and the task would hang."),
    Code.PORT_OF_OPERATOR: _("%(port)s is the training operator’s own port. Call it “%(name)s”, or choose another."),
    Code.VOLUME_TWICE: _("There is another volume called “%(name)s”."),
    Code.VOLUME_UNKNOWN: _("It mounts a volume “%(name)s” that is not there."),
    Code.ELASTIC_RANGE: _(
        "%(replicas)s workers do not lie between the smallest (%(minimum)s) and largest (%(maximum)s) number allowed."
    ),
    Code.ELASTIC_WORKER: _("An elastic policy needs the role Worker: without it the operator fails."),
    Code.REFUSED: _("The cluster would refuse the task: %(message)s"),
    Code.POD_REFUSED: _("The cluster would refuse the pods of %(role)s: %(message)s"),
    Code.POD_OVER_QUOTA: _(
        "The quota has no room for a pod of %(role)s now; pods wait until other tasks end. "
        "The cluster says: %(message)s"
    ),
    Code.NODES_TOO_FEW: _(
        "Even on empty nodes only %(placed)s of the %(pods)s pods would find room at once. The others wait, "
        "and those that run hold what they have meanwhile."
    ),
    Code.NODES_NONE: _("No node has room for any of the pods, even when it is empty."),
    Code.OPERATOR_SILENT: _(
        "The training operator leaves other tasks of this type unanswered. This one may stay as it is, too, "
        "until it is at work again."
    ),
    Code.OPERATOR_AWAY: _(
        "The training operator does not answer the cluster, which takes no %(kind)s until it does. "
        "What you submit waits, and is created then."
    ),
    Code.REFERENCE_UNSEEN: _("You may not read the %(kind)s “%(name)s”, so nobody can tell whether it is there."),
    Code.IMAGE_NOT_FOUND: _("The registry has no image %(image)s. Check name and tag."),
    Code.IMAGE_DENIED: _("The registry does not give %(image)s to everybody. Choose a pull Secret that may read it."),
    Code.IMAGE_PLATFORM: _("%(image)s is built for %(platforms)s only, and no node is of that kind."),
}
RESOURCES: Mapping[str, str | Promise] = {
    "pods": _("pods"),
    "cpu_millicores": "CPU",
    "memory_mib": _("memory"),
    "gpus": _("GPUs"),
}
_AMOUNTS: Mapping[str, Callable[[Any], str]] = {"cpu_millicores": cores, "memory_mib": memory}
WANTED: Mapping[str, str | Promise] = {  # of Code.FIELD_TYPE
    "text": _("text"),
    "whole": _("a whole number"),
    "flag": _("true or false"),
    "object": _("an object of fields"),
    "list": _("a list"),
}
_REASONS: Mapping[str, str | Promise] = {
    "away": _("The cluster does not answer. It is tried again until it does."),
    "operator": _("The training operator does not answer the cluster. It is tried again until it does."),
    "pods-end": _("Its old pods are still ending. It is resumed once they are gone; before that it would fail."),
    "waited": _("It could not be done for ten minutes. Shall it still be done?"),
    "inactive": _("The account of whoever asked for it is closed."),
    "changed": _("Your groups in the cluster have changed since. Shall it still be done?"),
    "name-taken": _("The namespace has a task of another type with this name. Choose another name."),
    "gone": _("What it was about is no longer there."),
    "withdrawn": _("You withdrew it before it was done."),
    "unreadable": _("What was asked for was encrypted with a key that the console no longer has."),
}
EXAMPLE_IMAGE = "python:3.11-slim"
_NO_ROLES = _("It has no roles, and so no pods.")


def words_of(finding: Finding) -> str:
    """What is wrong and what to do, in the language of the request."""
    if finding.code == Code.MODE_UNKNOWN and not finding.parameters["roles"]:
        return str(_NO_ROLES)
    parameters: dict[str, object] = {"example": EXAMPLE_IMAGE, **_visible(finding.parameters)}
    if "resource" in parameters:
        resource = str(parameters["resource"])
        parameters |= {name: _AMOUNTS.get(resource, str)(finding.parameters[name]) for name in ("left", "wanted")}
        parameters["resource"] = RESOURCES[resource]
    if "wanted" in parameters and finding.code == Code.FIELD_TYPE:
        parameters["wanted"] = WANTED[str(parameters["wanted"])]
    return str(WORDS[finding.code]) % parameters


def _visible(parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    return {name: visible(value) if isinstance(value, str) else value for name, value in parameters.items()}


def operation_reason(reason: str) -> str:
    """Why an operation waits or failed, where that is ours to say; "" where only the cluster spoke."""
    return str(_REASONS[reason]) if reason else ""
