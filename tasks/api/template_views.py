"""Templates of a namespace: listed for everybody who sees it, kept and used by those who may create tasks in it."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from console.sealing import Unreadable
from namespaces.access import NamespaceAccess
from tasks import actions
from tasks.api.problems import ApiError, Problem, refused
from tasks.api.requests import ApiView, body_of, namespace_of, person_of, require
from tasks.api.sent_tasks import complete_specification_in
from tasks.api.shapes import Shape, SpecificationShape
from tasks.api.written import written
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import TaskTemplate
from tasks.queries.templates import template_in, templates_in
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.text import normal_lines
from tasks.wizard.template_saving import errors_in


class TemplateLineShape(Shape):
    key = serializers.UUIDField()
    url = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    framework = serializers.CharField()
    mode = serializers.CharField()
    updated_at = serializers.DateTimeField()


class TemplateListShape(Shape):
    templates = TemplateLineShape(many=True)


class TemplateShape(TemplateLineShape):
    specification = SpecificationShape(help_text="Without a name and a namespace.")


class TemplateRequestShape(Shape):
    title = serializers.CharField()
    about = serializers.CharField(required=False, default="", allow_blank=True)
    specification = SpecificationShape()


class _BodyShape(Shape):
    title = serializers.CharField()
    about = serializers.CharField(required=False, default="", allow_blank=True)
    specification = serializers.JSONField()


class Templates(ApiView):
    @extend_schema(operation_id="list_templates", responses=TemplateListShape)
    def get(self, request: Request, namespace: str) -> Response:
        """The templates of a namespace, by title."""
        access = namespace_of(request, namespace)
        return Response({"templates": [_line(template) for template in templates_in([access.name])]})

    @extend_schema(
        operation_id="create_template",
        request=TemplateRequestShape,
        responses={201: OpenApiResponse(TemplateShape, description="The template.")},
    )
    def post(self, request: Request, namespace: str) -> Response:
        """Keep a specification for everybody in the namespace. Values of variables are kept, too: no secrets."""
        access = namespace_of(request, namespace)
        given = body_of(request, _BodyShape)
        spec = complete_specification_in(given["specification"])
        require(request, "create", FRAMEWORKS[spec.framework].resource, access)
        if wrong := errors_in(given):
            problems = [Problem(code="invalid", message=words, path=path) for path, words in wrong.items()]
            raise ApiError(422, *problems)
        try:
            template = actions.save_template(
                by=person_of(request),
                namespace=access.name,
                title=given["title"].strip(),
                about=normal_lines(given["about"]),
                framework=spec.framework,
                mode=spec.mode,
                entries=entries_of(spec),
            )
        except actions.TitleTaken:
            words = _("The namespace has another template of this name.")
            raise refused(422, "title-taken", words, path="title") from None
        answer = _answer(template)
        return Response(answer, status=201, headers={"Location": answer["url"]})


class OneTemplate(ApiView):
    @extend_schema(operation_id="read_template", responses=TemplateShape)
    def get(self, request: Request, namespace: str, key: UUID) -> Response:
        """A template. Give its specification a name, and send it to `POST tasks` or `POST drafts`."""
        _access, template = _found(request, namespace, key)
        return Response(_answer(template))

    @extend_schema(operation_id="delete_template", responses={204: OpenApiResponse(description="It is gone.")})
    def delete(self, request: Request, namespace: str, key: UUID) -> Response:
        """Drafts and tasks that were made of it stay."""
        _access, template = _found(request, namespace, key)
        actions.delete_template(template)
        return Response(status=204)


def _found(request: Request, namespace: str, key: UUID) -> tuple[NamespaceAccess, TaskTemplate]:
    access = namespace_of(request, namespace)
    template = template_in(access.name, key)
    if template is None:
        raise Http404
    require(request, "create", FRAMEWORKS[template.framework].resource, access)
    return access, template


def _line(template: TaskTemplate) -> dict[str, Any]:
    return {
        "key": str(template.key),
        "url": reverse("api-template", args=[template.namespace, template.key]),
        "title": template.title,
        "about": template.about,
        "framework": template.framework,
        "mode": template.mode,
        "updated_at": template.updated_at,
    }


def _answer(template: TaskTemplate) -> dict[str, Any]:
    if isinstance(template.entries, Unreadable):
        words = _("What was saved here cannot be read any more: the key that it was sealed with is gone.")
        raise refused(410, "unreadable", words)
    framework = FRAMEWORKS[template.framework]
    mode = framework.mode(template.mode) or framework.modes[0]
    typed = spec_of(template.entries, framework=framework, mode=mode, flavors=catalogue())
    return {**_line(template), "specification": written(typed.spec)}
