"""Drafts: tasks that a person has begun. The same ones as the wizard's."""

from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from console.sealing import Unreadable
from tasks import actions
from tasks.api import answers
from tasks.api.field_paths import in_body
from tasks.api.problems import ApiError, not_acceptable, refused
from tasks.api.requests import (
    ApiView,
    body_of,
    key_in,
    key_reused,
    namespace_of,
    person_of,
    require,
    version_in,
)
from tasks.api.schema import KEY, OPERATION, VERSION
from tasks.api.sent_tasks import complete_specification_in
from tasks.api.shapes import Shape, SpecificationShape
from tasks.api.task_views import accepted
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.checked import checked_draft
from tasks.queries.drafts import draft_of, unfinished_drafts
from tasks.specification import TaskSpec, error
from tasks.specification.entries import entries_of
from tasks.specification.findings import Code


class DraftRequestShape(Shape):
    specification = SpecificationShape()


class _BodyShape(Shape):
    specification = serializers.JSONField()


class Drafts(ApiView):
    @extend_schema(operation_id="list_drafts", responses=answers.DraftListShape)
    def get(self, request: Request) -> Response:
        """The person's drafts that are not submitted, the last touched first."""
        return Response({"drafts": [answers.draft_line(draft) for draft in unfinished_drafts(person_of(request))]})

    @extend_schema(
        operation_id="create_draft",
        request=DraftRequestShape,
        responses={201: OpenApiResponse(answers.DraftShape, description="The draft; mistakes in it are told.")},
    )
    def post(self, request: Request) -> Response:
        """A new draft. Its shape has to be right; whether the task makes sense is told, and not asked for yet."""
        spec = _sent(request)
        draft = actions.create_draft(
            by=person_of(request), framework=spec.framework, mode=spec.mode, entries=entries_of(spec)
        )
        return _answer(draft, status=201)


class OneDraft(ApiView):
    @extend_schema(operation_id="read_draft", responses=answers.DraftShape)
    def get(self, request: Request, key: UUID) -> Response:
        """A draft, and what the rules say about it now."""
        return _answer(_draft(request, key))

    @extend_schema(
        operation_id="replace_draft", parameters=[VERSION], request=DraftRequestShape, responses=answers.DraftShape
    )
    def put(self, request: Request, key: UUID) -> Response:
        """All of the draft anew, if it is still the version that was read. Its type stays what it is."""
        draft, version = _draft(request, key), version_in(request)
        spec = _sent(request)
        if spec.framework != draft.framework:
            raise not_acceptable([error(Code.INVALID_CHOICE, "framework", value=spec.framework)])
        try:
            with transaction.atomic():
                actions.switch_mode(draft, spec.mode, version=version)
                actions.move_draft(draft, entries_of(spec), version=draft.version)
        except actions.StaleDraft:
            raise _stale(draft) from None
        return _answer(draft)

    @extend_schema(operation_id="delete_draft", responses={204: OpenApiResponse(description="It is gone.")})
    def delete(self, request: Request, key: UUID) -> Response:
        actions.delete_draft(_draft(request, key))
        return Response(status=204)


class DraftSubmission(ApiView):
    @extend_schema(operation_id="submit_draft", parameters=[KEY], request=None, responses=OPERATION)
    def post(self, request: Request, key: UUID) -> Response:
        """Ask for the draft's task to be created, once: a draft that was submitted gives its operation."""
        draft, wish = _draft(request, key), key_in(request)
        if draft.namespace:
            access = namespace_of(request, draft.namespace)
            require(request, "create", FRAMEWORKS[draft.framework].resource, access)
        try:
            operation = actions.request_submit(draft, by=person_of(request), key=wish)
        except actions.NotReady as exc:
            raise not_acceptable(in_body(exc.findings, checked_draft(draft).spec)) from None
        except actions.StaleDraft:
            raise _stale(draft) from None
        except actions.KeyReused:
            raise key_reused() from None
        return accepted(operation)


def _sent(request: Request) -> TaskSpec:
    return complete_specification_in(body_of(request, _BodyShape)["specification"])


def _draft(request: Request, key: UUID) -> Draft:
    draft = draft_of(request.user, key)
    if draft is None:
        raise Http404
    if isinstance(draft.entries, Unreadable) and request.method != "DELETE":
        words = _("What was saved here cannot be read any more: the key that it was sealed with is gone.")
        raise refused(410, "unreadable", words)
    return draft


def _stale(draft: Draft) -> ApiError:
    if draft.is_submitted:
        return refused(409, "draft-submitted", _("The draft is submitted and cannot be changed any more."))
    return refused(412, "version-behind", _("The draft has changed since. Read it again."), path="If-Match")


def _answer(draft: Draft, *, status: int = 200) -> Response:
    answer = answers.draft_answer(draft, checked_draft(draft))
    headers = {"ETag": f'"{draft.version}"', **({"Location": answer["url"]} if status == 201 else {})}
    return Response(answer, status=status, headers=headers)
