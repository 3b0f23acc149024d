"""What the API answers with: each shape, and the way to it."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from console.index.models import Task
from tasks.api.field_paths import in_body
from tasks.api.problems import body_of, problem_of
from tasks.api.shapes import Shape, SpecificationShape
from tasks.api.written import written
from tasks.causes import words_of
from tasks.models import Draft, Operation
from tasks.phases import Phase
from tasks.queries.checked import CheckedDraft


class ProblemShape(Shape):
    path = serializers.CharField(allow_blank=True, help_text='A field ("roles.Worker.replicas"); "": the request.')
    code = serializers.CharField()
    message = serializers.CharField(help_text="In the language of Accept-Language.")
    parameters = serializers.DictField(child=serializers.JSONField())
    blocking = serializers.BooleanField()


class ProblemsShape(Shape):
    """Every answer of 400 and above, and what the rules say about a task."""

    # DRF takes it off the class again.
    errors = ProblemShape(many=True, help_text="What has to change.")  # type: ignore[assignment]
    warnings = ProblemShape(many=True, help_text="What is worth knowing.")


class ValidationShape(ProblemsShape):
    manifest = serializers.DictField(child=serializers.JSONField(), help_text="As it would be created.")


class OperationShape(Shape):
    key = serializers.UUIDField()
    url = serializers.CharField()
    verb = serializers.ChoiceField(choices=[verb.value for verb in Operation.Verb])
    state = serializers.ChoiceField(choices=[state.value for state in Operation.State])
    message = serializers.CharField(allow_blank=True, help_text="Why it waits or failed.")
    namespace = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    task_uid = serializers.CharField(allow_blank=True, help_text="Empty until a new task is in the cluster.")
    task_url = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class CauseShape(Shape):
    code = serializers.CharField()
    message = serializers.CharField(help_text="What happened, and what to do.")
    cluster_message = serializers.CharField(allow_blank=True)
    pod = serializers.CharField(allow_blank=True)
    role = serializers.CharField(allow_blank=True)


class RoleShape(Shape):
    role = serializers.CharField()
    state = serializers.CharField()
    pods = serializers.IntegerField()
    ready = serializers.IntegerField()
    failed = serializers.IntegerField()
    cpu_millicores = serializers.IntegerField()
    memory_mib = serializers.IntegerField()
    gpus = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class TaskShape(Shape):
    uid = serializers.CharField()
    url = serializers.CharField()
    name = serializers.CharField()
    namespace = serializers.CharField()
    framework = serializers.CharField()
    mode = serializers.CharField(allow_blank=True, help_text="Empty when the roles fit no mode of ours.")
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=[phase.value for phase in Phase])
    cause = CauseShape(allow_null=True, help_text="Why it waits or failed.")
    owner = serializers.CharField(allow_blank=True, help_text="Empty: not created by this console.")
    description = serializers.CharField(allow_blank=True)
    image = serializers.CharField(allow_blank=True)
    suspended = serializers.BooleanField()
    pods_ready = serializers.IntegerField()
    pods_total = serializers.IntegerField()
    gpus = serializers.IntegerField()
    roles = RoleShape(many=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class TaskPageShape(Shape):
    tasks = TaskShape(many=True)
    count = serializers.IntegerField(help_text="Of all pages; 1001: that many or more.")
    next_cursor = serializers.CharField(allow_blank=True, help_text="Empty on the last page.")


class TaskSpecificationShape(Shape):
    specification = SpecificationShape()
    refused = ProblemShape(many=True, help_text="What the manifest says and the console cannot carry along.")


class DraftShape(ProblemsShape):
    """A draft holds mistakes, too: `errors` are those that stand in the way of a submit."""

    key = serializers.UUIDField()
    url = serializers.CharField()
    version = serializers.IntegerField(help_text="Also the ETag; send it back in If-Match.")
    specification = SpecificationShape()
    operation_url = serializers.CharField(allow_blank=True, help_text="Of its submit.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DraftLineShape(Shape):
    key = serializers.UUIDField()
    url = serializers.CharField()
    version = serializers.IntegerField()
    framework = serializers.CharField()
    mode = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    namespace = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()


class DraftListShape(Shape):
    drafts = DraftLineShape(many=True, help_text="The 50 that were touched last.")


def operation_answer(operation: Operation) -> dict[str, Any]:
    task_url = ""
    if operation.task_uid:
        task_url = reverse("api-task", args=[operation.namespace, operation.task_uid])
    return {
        "key": str(operation.key),
        "url": reverse("api-operation", args=[operation.key]),
        "verb": operation.verb,
        "state": operation.state,
        "message": operation.explanation,
        "namespace": operation.namespace,
        "kind": operation.kind,
        "name": operation.name,
        "task_uid": operation.task_uid,
        "task_url": task_url,
        "created_at": operation.created_at,
        "settled_at": operation.settled_at,
    }


def task_answer(task: Task) -> dict[str, Any]:
    copied = (
        *("uid", "name", "namespace", "framework", "mode", "kind", "owner", "description", "image", "suspended"),
        *("pods_ready", "pods_total", "gpus", "created_at", "started_at", "finished_at"),
    )
    return {
        **{name: getattr(task, name) for name in copied},
        "url": reverse("api-task", args=[task.namespace, task.uid]),
        "state": task.phase,
        "cause": _cause(task),
        "roles": [_role(role) for role in task.roles],
    }


def draft_answer(draft: Draft, checked: CheckedDraft) -> dict[str, Any]:
    operation = draft.operation
    return {
        "key": str(draft.key),
        "url": reverse("api-draft", args=[draft.key]),
        "version": draft.version,
        "specification": written(checked.spec),
        "operation_url": reverse("api-operation", args=[operation.key]) if operation else "",
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
        **body_of(map(problem_of, in_body(checked.findings, checked.spec))),
    }


def draft_line(draft: Draft) -> dict[str, Any]:
    return {
        "key": str(draft.key),
        "url": reverse("api-draft", args=[draft.key]),
        "version": draft.version,
        "framework": draft.framework,
        "mode": draft.mode,
        "name": draft.name,
        "namespace": draft.namespace,
        "updated_at": draft.updated_at,
    }


def _cause(task: Task) -> dict[str, Any] | None:
    words = words_of(task.cause)
    if words is None:
        return None
    return {
        "code": str(task.cause.get("code", "")),
        "message": f"{words.what} {words.remedy}".strip(),
        "cluster_message": words.message,
        "pod": words.pod,
        "role": words.role,
    }


def _role(role: dict[str, Any]) -> dict[str, Any]:
    copied = ("role", "pods", "ready", "failed", "cpu_millicores", "memory_mib", "gpus", "started_at", "finished_at")
    return {"state": role.get("phase", ""), **{name: role.get(name) for name in copied}}
