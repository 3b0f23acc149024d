"""Tasks of a namespace: list, create, validate, read, suspend, resume, delete."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from console.cluster.resources import JOB_KINDS
from console.index.models import Task
from tasks import actions, queries
from tasks.access import task_for
from tasks.actions.requesting import request_task
from tasks.api import answers
from tasks.api.field_paths import in_body
from tasks.api.parsing import ManifestParser, StrictJsonParser
from tasks.api.problems import ApiError, Problem, body_of, not_acceptable, problem_of, refused
from tasks.api.requests import ApiView, key_in, key_reused, namespace_of, person_of, require
from tasks.api.schema import KEY, OPERATION
from tasks.api.sent_tasks import task_in
from tasks.api.shapes import Shape, TaskRequestShape
from tasks.api.written import written
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.reading import read as read_manifest
from tasks.models import Operation
from tasks.phases import FINISHED, Phase
from tasks.preflight import CHECKS, State, Subject, run_all, subject_for
from tasks.queries.checked import checked_task
from tasks.queries.kept import manifest_to_clone
from tasks.queries.tasks import SORTS, TASKS_PER_PAGE
from tasks.specification import Finding, error
from tasks.specification.findings import Code

_RESOURCES = {resource.kind: resource for resource in JOB_KINDS}
_CLUSTER_VERBS = {Operation.Verb.SUSPEND: "patch", Operation.Verb.RESUME: "patch", Operation.Verb.DELETE: "delete"}
_LIMIT_MAX = 200
_SENT = {"application/json": TaskRequestShape, "application/yaml": OpenApiTypes.STR}


class TaskQuery(Shape):
    framework = serializers.ChoiceField(choices=list(FRAMEWORKS), required=False)
    state = serializers.ChoiceField(choices=[phase.value for phase in Phase if phase != Phase.GONE], required=False)
    search = serializers.CharField(required=False, max_length=63, help_text="A part of the name.")
    sort = serializers.ChoiceField(choices=list(SORTS), required=False, default="-created_at")
    cursor = serializers.CharField(required=False, help_text="The `next_cursor` of the page before, of the same sort.")
    limit = serializers.IntegerField(required=False, default=TASKS_PER_PAGE, min_value=1, max_value=_LIMIT_MAX)


class ValidationQuery(Shape):
    dry_run = serializers.BooleanField(
        required=False, default=True, help_text="Whether the cluster is asked, too, without keeping anything."
    )


class Tasks(ApiView):
    parser_classes = (StrictJsonParser, ManifestParser)

    @property
    def queries(self) -> type[Shape] | None:  # type: ignore[override]
        return TaskQuery if self.request.method == "GET" else None

    @extend_schema(operation_id="list_tasks", parameters=[TaskQuery], responses=answers.TaskPageShape)
    def get(self, request: Request, namespace: str) -> Response:
        """The tasks of a namespace, the newest first; with `cursor` the next page."""
        access = namespace_of(request, namespace)
        asked = self.asked
        _check_page(asked)
        page = queries.tasks_in(
            access.name,
            framework=asked.get("framework", ""),
            phase=asked.get("state", ""),
            search=asked.get("search", ""),
            sort=asked["sort"],
            before=asked.get("cursor", ""),
            limit=asked["limit"],
        )
        tasks = [answers.task_answer(task) for task in page.rows]
        return Response({"tasks": tasks, "count": page.count, "next_cursor": page.next_cursor})

    @extend_schema(operation_id="create_task", parameters=[KEY], request=_SENT, responses=OPERATION)
    def post(self, request: Request, namespace: str) -> Response:
        """Ask for a task to be created. The operation tells what becomes of it; the same key asks once."""
        access = namespace_of(request, namespace)
        key = key_in(request)
        typed = task_in(request, access.name)
        require(request, "create", FRAMEWORKS[typed.spec.framework].resource, access)
        try:
            operation = request_task(typed, by=person_of(request), key=key)
        except actions.NotReady as exc:
            raise not_acceptable(in_body(exc.findings, typed.spec)) from None
        except actions.KeyReused:
            raise key_reused() from None
        return accepted(operation)


class TaskValidation(ApiView):
    only_reads = True
    parser_classes = (StrictJsonParser, ManifestParser)
    queries = ValidationQuery

    @extend_schema(
        operation_id="validate_task",
        parameters=[ValidationQuery],
        request=_SENT,
        responses=answers.ValidationShape,
    )
    def post(self, request: Request, namespace: str) -> Response:
        """What `POST tasks` would say, and the manifest; nothing is created."""
        access = namespace_of(request, namespace)
        typed = task_in(request, access.name)
        checked = checked_task(typed, by=person_of(request))
        problems = [problem_of(finding) for finding in in_body(checked.findings, checked.spec)]
        if checked.blocking:
            raise ApiError(422, *problems)
        subject = subject_for(checked.spec, checked.facts, checked.framework, by=person_of(request))
        if self.asked["dry_run"]:
            problems += _try(subject, checked.findings)
        if any(problem.blocking for problem in problems):
            raise ApiError(422, *problems)
        return Response({**body_of(problems), "manifest": subject.manifest()})


class OneTask(ApiView):
    @extend_schema(operation_id="read_task", responses=answers.TaskShape)
    def get(self, request: Request, namespace: str, uid: str) -> Response:
        """A task as the cluster last showed it."""
        return Response(answers.task_answer(task_for(request.user, namespace, uid).task))

    @extend_schema(operation_id="delete_task", parameters=[KEY], responses=OPERATION)
    def delete(self, request: Request, namespace: str, uid: str) -> Response:
        """Ask for the task to be deleted, with its pods and their logs."""
        return change(request, namespace, uid, Operation.Verb.DELETE)


class TaskSpecification(ApiView):
    @extend_schema(operation_id="read_task_specification", responses=answers.TaskSpecificationShape)
    def get(self, request: Request, namespace: str, uid: str) -> Response:
        """The task as a specification: sent to `POST tasks` with another name, it is the same task. Also of one that
        is gone, for as long as the console keeps its manifest."""
        access = namespace_of(request, namespace)
        reading = read_manifest(_known(manifest_to_clone(access.name, uid)), flavors=catalogue())
        if reading.spec is None:
            raise ApiError(404, *map(problem_of, reading.refused))
        said = [problem_of(finding).body for finding in reading.refused]
        return Response({"specification": written(reading.spec), "refused": said})


class TaskManifest(ApiView):
    @extend_schema(operation_id="read_task_manifest", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, namespace: str, uid: str) -> Response:
        """The task's object as the cluster last showed it, also of a task that is gone."""
        access = namespace_of(request, namespace)
        is_there = queries.task_in(access.name, uid) is not None
        return Response(_known(queries.manifest_of(uid) if is_there else manifest_to_clone(access.name, uid)))


class TaskSuspension(ApiView):
    @extend_schema(operation_id="suspend_task", parameters=[KEY], request=None, responses=OPERATION)
    def post(self, request: Request, namespace: str, uid: str) -> Response:
        """Ask for the task's pods to be deleted until it is resumed."""
        return change(request, namespace, uid, Operation.Verb.SUSPEND)


class TaskResumption(ApiView):
    @extend_schema(operation_id="resume_task", parameters=[KEY], request=None, responses=OPERATION)
    def post(self, request: Request, namespace: str, uid: str) -> Response:
        """Ask for the task's pods to be created again."""
        return change(request, namespace, uid, Operation.Verb.RESUME)


def _known(manifest: dict[str, Any]) -> dict[str, Any]:
    """Raises Http404 where nothing is known of the task, or its key is gone."""
    if not manifest:
        raise Http404
    return manifest


def change(request: Request, namespace: str, uid: str, verb: Operation.Verb) -> Response:
    key = key_in(request)
    access = task_for(request.user, namespace, uid)
    require(request, _CLUSTER_VERBS[verb], _RESOURCES[access.task.kind], access.namespace)
    if not _may_change(access.task, verb):
        words = _("The task has ended, or is being deleted.")
        raise refused(409, "nothing-to-change", words)
    try:
        (operation,) = actions.request_changes(verb.value, [access.task], by=person_of(request), key=key)
    except actions.KeyReused:
        raise key_reused() from None
    return accepted(operation)


def accepted(operation: Operation) -> Response:
    answer = answers.operation_answer(operation)
    return Response(answer, status=202, headers={"Location": answer["url"]})


def _may_change(task: Task, verb: Operation.Verb) -> bool:
    return verb == Operation.Verb.DELETE or task.phase not in {*FINISHED, Phase.DELETING}


def _check_page(asked: dict[str, Any]) -> None:
    found = []
    if not asked["limit"] >= 1:
        found.append(error(Code.TOO_SMALL, "limit", minimum=1))
    if asked["limit"] > _LIMIT_MAX:
        found.append(error(Code.TOO_LARGE, "limit", maximum=_LIMIT_MAX))
    if len(asked.get("search", "")) > 63:
        found.append(error(Code.TOO_LONG, "search", maximum=63, length=len(asked["search"])))
    cursor = asked.get("cursor", "")
    if cursor and SORTS[asked["sort"]].position(cursor) is None:
        found.append(error(Code.FIELD_VALUE, "cursor", value=cursor[:80]))
    if found:
        raise not_acceptable(found)


def _try(subject: Subject, said: Iterable[Finding]) -> list[Problem]:
    """The whole pre-flight, as the person: what it finds that was not `said`; what nobody could tell is a warning."""
    problems, seen = [], list(said)
    for check, outcome in zip(CHECKS, run_all(subject), strict=True):
        if outcome.state is State.UNKNOWN:
            words = f"{check.title}: {outcome.message}"
            problems.append(Problem(code="not-tried", message=words, blocking=False))
        found = [finding for finding in outcome.findings if finding not in seen]
        problems += [problem_of(finding) for finding in in_body(found, subject.spec)]
        seen += found
    return problems
