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
from tasks.api.problems import ApiError, Problem, not_acceptable, refused
from tasks.api.requests import ApiView, body_of, namespace_of, person_of, require, version_in
from tasks.api.schema import VERSION
from tasks.api.sent_tasks import complete_specification_in
from tasks.api.shapes import Shape, SpecificationShape
from tasks.api.written import written
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import TaskTemplate
from tasks.queries.templates import template_in, templates_in
from tasks.specification import error
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.findings import Code
from tasks.specification.text import normal_lines
from tasks.wizard.template_saving import errors_in
from tasks.wizard.typed_values import Value, typed_values, without_values


class TemplateLineShape(Shape):
    key = serializers.UUIDField()
    url = serializers.CharField()
    version = serializers.IntegerField(help_text="Also the ETag of the template; send it back in If-Match.")
    title = serializers.CharField()
    about = serializers.CharField(allow_blank=True)
    framework = serializers.CharField()
    mode = serializers.CharField()
    updated_at = serializers.DateTimeField()


class TemplateListShape(Shape):
    templates = TemplateLineShape(many=True)


class TemplateShape(TemplateLineShape):
    specification = SpecificationShape(help_text="Without a name and a namespace.")


class TemplateMadeShape(TemplateShape):
    left_out = serializers.ListField(child=serializers.CharField(), help_text="Paths of the values that were left out.")


def _left_out() -> serializers.ListField:
    about = (
        "Values of variables that the template shall not have, as paths: `roles.Worker.env.0.value`. "
        "Absent: those whose variable's name looks like a secret's."
    )
    return serializers.ListField(child=serializers.CharField(), required=False, help_text=about)


class TemplateRequestShape(Shape):
    title = serializers.CharField()
    about = serializers.CharField(required=False, default="", allow_blank=True)
    specification = SpecificationShape()
    leave_out = _left_out()


class _BodyShape(Shape):
    title = serializers.CharField()
    about = serializers.CharField(required=False, default="", allow_blank=True)
    specification = serializers.JSONField()
    leave_out = _left_out()


class TemplateChangeShape(Shape):
    title = serializers.CharField(required=False)
    about = serializers.CharField(required=False, allow_blank=True)


class Templates(ApiView):
    @extend_schema(operation_id="list_templates", responses=TemplateListShape)
    def get(self, request: Request, namespace: str) -> Response:
        """The templates of a namespace, by title."""
        access = namespace_of(request, namespace)
        return Response({"templates": [_line(template) for template in templates_in([access.name])]})

    @extend_schema(
        operation_id="create_template",
        request=TemplateRequestShape,
        responses={201: OpenApiResponse(TemplateMadeShape, description="The template.")},
    )
    def post(self, request: Request, namespace: str) -> Response:
        """Keep a specification for everybody in the namespace, without the values that look secret."""
        access = namespace_of(request, namespace)
        given = body_of(request, _BodyShape)
        spec = complete_specification_in(given["specification"])
        require(request, "create", FRAMEWORKS[spec.framework].resource, access)
        _require_words(given)
        entries = entries_of(spec)
        left_out = _values_to_leave_out(entries, given.get("leave_out"))
        try:
            template = actions.save_template(
                by=person_of(request),
                namespace=access.name,
                title=given["title"].strip(),
                about=normal_lines(given["about"]),
                framework=spec.framework,
                mode=spec.mode,
                entries=without_values(entries, left_out),
            )
        except actions.TitleTaken:
            raise _title_taken() from None
        answer = {**_answer(template), "left_out": [value.path for value in left_out]}
        headers = {"Location": answer["url"], "ETag": _etag(template)}
        return Response(answer, status=201, headers=headers)


class OneTemplate(ApiView):
    @extend_schema(operation_id="read_template", responses=TemplateShape)
    def get(self, request: Request, namespace: str, key: UUID) -> Response:
        """A template. Give its specification a name, and send it to `POST tasks` or `POST drafts`."""
        _access, template = _found(request, namespace, key)
        return Response(_answer(template), headers={"ETag": _etag(template)})

    @extend_schema(
        operation_id="change_template",
        parameters=[VERSION],
        request=TemplateChangeShape,
        responses=TemplateLineShape,
    )
    def patch(self, request: Request, namespace: str, key: UUID) -> Response:
        """Another name or description, if it is still the version that was read. What the body leaves out stays."""
        _access, template = _found(request, namespace, key)
        version = version_in(request)
        given = {"title": template.title, "about": template.about, **body_of(request, TemplateChangeShape)}
        _require_words(given)
        try:
            actions.change_template(
                template, title=given["title"].strip(), about=normal_lines(given["about"]), version=version
            )
        except actions.TitleTaken:
            raise _title_taken() from None
        except actions.StaleTemplate:
            words = _("The template has changed since. Read it again.")
            raise refused(412, "version-behind", words, path="If-Match") from None
        template.refresh_from_db()
        return Response(_line(template), headers={"ETag": _etag(template)})

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


def _require_words(given: dict[str, Any]) -> None:
    """Raises ApiError (422) for a name or a description that is none."""
    if wrong := errors_in(given):
        problems = [Problem(code="invalid", message=words, path=path) for path, words in wrong.items()]
        raise ApiError(422, *problems)


def _values_to_leave_out(entries: dict[str, Any], paths: list[str] | None) -> list[Value]:
    """As the wizard asks for them. Raises ApiError (422) for a path that leads to no value."""
    values = {value.path: value for value in typed_values(entries)}
    if paths is None:
        return [value for value in values.values() if value.looks_secret]
    unknown = [(index, path) for index, path in enumerate(paths) if path not in values]
    if unknown:
        findings = [error(Code.INVALID_CHOICE, f"leave_out.{index}", value=path[:80]) for index, path in unknown]
        raise not_acceptable(findings)
    return [value for path, value in values.items() if path in paths]


def _title_taken() -> ApiError:
    return refused(422, "title-taken", _("The namespace has another template of this name."), path="title")


def _etag(template: TaskTemplate) -> str:
    return f'"{template.version}"'


def _line(template: TaskTemplate) -> dict[str, Any]:
    return {
        "key": str(template.key),
        "url": reverse("api-template", args=[template.namespace, template.key]),
        "version": template.version,
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
