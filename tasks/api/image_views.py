"""Images of the registries that are offered in a namespace, from the console's cache."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from console.registries.answers import Known
from console.registries.manifests import ImageDetails
from console.registries.models import Kind, Tab
from console.registries.queries import (
    Page,
    Source,
    details_in,
    image_details,
    images_of,
    may_see_inside,
    registries_in,
    source_for,
    tags_of,
)
from console.registries.references import is_tag
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


class VersionQuery(Shape):
    repository = serializers.CharField()
    tag = serializers.CharField()


class KnownShape(Shape):
    """What a registry said, and when."""

    read_at = serializers.DateTimeField(allow_null=True, help_text="Null: not known yet.")
    is_asking = serializers.BooleanField(help_text="The registry is being asked: look again in a moment.")
    trouble = serializers.CharField(allow_blank=True, help_text="Why the registry did not answer last time.")


class PageShape(KnownShape):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()


class ImagePageShape(PageShape):
    references = serializers.ListField(child=serializers.CharField())


class ImageDetailsShape(Shape):
    digest = serializers.CharField(help_text="Of what the tag names: an index, or a manifest.")
    size_bytes = serializers.IntegerField(
        allow_null=True, help_text="Compressed; of linux/amd64 where there are several platforms. Null: not stated."
    )
    platforms = serializers.ListField(child=serializers.CharField(), help_text='"linux/amd64", "linux/arm64/v8".')
    created_at = serializers.DateTimeField(allow_null=True, help_text="Null: the image does not state it.")
    cuda_version = serializers.CharField(allow_blank=True, help_text="Empty: the image does not state one.")


class ImageVersionShape(KnownShape):
    tag = serializers.CharField()
    reference = serializers.CharField()
    details = ImageDetailsShape(allow_null=True, help_text="Null: not known yet, or not to be had.")


class VersionPageShape(PageShape):
    versions = ImageVersionShape(many=True)


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
        return Response({**_page(page), "references": [source.reference(name) for name in page.names]})


class ImageTags(ApiView):
    queries = TagQuery

    @extend_schema(operation_id="list_image_tags", parameters=[TagQuery], responses=VersionPageShape)
    def get(self, request: Request, namespace: str, registry: int) -> Response:
        """The versions of one repository, the newest first, with what is known of each. Docker Hub counts each look:
        there the details of a version are read only by `…/version`."""
        source, repository = _source(request, namespace, registry), self.asked["repository"]
        _check_page(self.asked["page"])
        page = tags_of(source, repository, self.asked["search"], self.asked["page"])
        ask = source.registry.kind != Kind.HUB
        found = image_details(source, repository, page.names, ask=ask)
        versions = [_version(source, repository, tag, known, asked=ask) for tag, known in found.items()]
        return Response({**_page(page), "versions": versions})


class ImageVersion(ApiView):
    queries = VersionQuery

    @extend_schema(operation_id="read_image_version", parameters=[VersionQuery], responses=ImageVersionShape)
    def get(self, request: Request, namespace: str, registry: int) -> Response:
        """Digest, size, platforms, age and CUDA version of one version, asked for if they are not known."""
        source, repository, tag = _source(request, namespace, registry), self.asked["repository"], self.asked["tag"]
        if not is_tag(tag):
            raise not_acceptable([error(Code.FIELD_VALUE, "tag", value=tag[:80])])
        (known,) = image_details(source, repository, [tag], ask=True).values()
        return Response(_version(source, repository, tag, known, asked=True))


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


def _page(page: Page) -> dict[str, Any]:
    return {**_known(page.known), "total": page.total, "page": page.number, "pages": page.pages}


def _version(source: Source, repository: str, tag: str, known: Known, *, asked: bool) -> dict[str, Any]:
    details = details_in(known)
    is_asking = known.is_asking or (asked and known.value is None and known.trouble is None)
    return {
        **_known(known),
        "is_asking": is_asking,
        "tag": tag,
        "reference": source.reference(repository, tag),
        "details": _details(details) if details else None,
    }


def _details(details: ImageDetails) -> dict[str, Any]:
    return {
        "digest": details.digest,
        "size_bytes": details.size_bytes,
        "platforms": list(details.platforms),
        "created_at": details.created_at,
        "cuda_version": details.cuda_version,
    }


def _known(known: Known) -> dict[str, Any]:
    return {
        "read_at": known.fetched_at,
        "is_asking": known.is_asking,
        "trouble": words_of(known.trouble) if known.trouble else "",
    }
