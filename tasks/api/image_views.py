"""Images of the registries that are offered in a namespace, from the console's cache."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from console.registries.models import Tab
from console.registries.queries import Page, Source, images_of, may_see_inside, registries_in, source_for, tags_of
from console.registries.wording import words_of
from tasks.api.problems import not_acceptable, refused
from tasks.api.requests import ApiView, namespace_of, person_of
from tasks.api.shapes import Shape
from tasks.specification import error
from tasks.specification.findings import Code

_PAGE_MAX = 10_000


class RegistryShape(Shape):
    id = serializers.IntegerField()
    title = serializers.CharField()
    host = serializers.CharField(help_text="As references begin.")
    tab = serializers.ChoiceField(choices=[tab.value for tab in Tab])


class RegistryListShape(Shape):
    registries = RegistryShape(many=True)


class ImageQuery(Shape):
    search = serializers.CharField(required=False, default="")
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=_PAGE_MAX)


class TagQuery(ImageQuery):
    repository = serializers.CharField()


class ImagePageShape(Shape):
    references = serializers.ListField(child=serializers.CharField())
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    read_at = serializers.DateTimeField(allow_null=True, help_text="Null: not known yet.")
    is_asking = serializers.BooleanField(help_text="The registry is being asked: look again in a moment.")
    trouble = serializers.CharField(allow_blank=True, help_text="Why the registry did not answer last time.")


class Registries(ApiView):
    @extend_schema(operation_id="list_registries", responses=RegistryListShape)
    def get(self, request: Request, namespace: str) -> Response:
        """The registries whose images are offered in the namespace."""
        access = namespace_of(request, namespace)
        sources = [Source(registry, person_of(request)) for registry in registries_in(person_of(request), access.name)]
        found = [
            {"id": one.registry.pk, "title": one.registry.title, "host": one.host, "tab": one.registry.tab}
            for one in sources
        ]
        return Response({"registries": found})


class Images(ApiView):
    queries = ImageQuery

    @extend_schema(operation_id="list_images", parameters=[ImageQuery], responses=ImagePageShape)
    def get(self, request: Request, namespace: str, registry: int) -> Response:
        """A registry's repositories."""
        source = _source(request, namespace, registry)
        _check_page(self.asked["page"])
        page = images_of(source, self.asked["search"], self.asked["page"])
        return Response(_answer(page, [source.reference(name) for name in page.names]))


class ImageTags(ApiView):
    queries = TagQuery

    @extend_schema(operation_id="list_image_tags", parameters=[TagQuery], responses=ImagePageShape)
    def get(self, request: Request, namespace: str, registry: int) -> Response:
        """The versions of one repository."""
        source, repository = _source(request, namespace, registry), self.asked["repository"]
        _check_page(self.asked["page"])
        page = tags_of(source, repository, self.asked["search"], self.asked["page"])
        return Response(_answer(page, [source.reference(repository, tag) for tag in page.names]))


def _source(request: Request, namespace: str, registry: int) -> Source:
    access = namespace_of(request, namespace)
    source = source_for(person_of(request), registry)
    if source.registry.namespace not in ("", access.name):
        raise Http404
    if not may_see_inside(source):
        raise refused(403, "forbidden", _("You may not read the pull Secret of this registry."))
    return source


def _check_page(page: int) -> None:
    if not 1 <= page <= _PAGE_MAX:
        code, limit = (Code.TOO_SMALL, {"minimum": 1}) if page < 1 else (Code.TOO_LARGE, {"maximum": _PAGE_MAX})
        raise not_acceptable([error(code, "page", **limit)])


def _answer(page: Page, references: list[str]) -> dict[str, Any]:
    return {
        "references": references,
        "total": page.total,
        "page": page.number,
        "pages": page.pages,
        "read_at": page.known.fetched_at,
        "is_asking": page.known.is_asking,
        "trouble": words_of(page.known.trouble) if page.known.trouble else "",
    }
