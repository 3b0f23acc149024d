"""What people may choose from: registries that they see, and what these offer, from the cache."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404

from console.cluster.resources import SECRET
from console.registries import answers
from console.registries.answers import Known, Outcome
from console.registries.client import RegistryClient
from console.registries.manifests import ImageDetails
from console.registries.models import Registry, Tab
from console.registries.opening import credentials_of, endpoint_of, offers, open_registry, repositories_of
from console.registries.references import HUB_HOST, is_repository, is_tag, parse_image, written
from namespaces.access import may, namespace_for

IMAGES = "images"
IMAGES_A_PAGE = 24
TAGS_A_PAGE = 10
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A registry that somebody sees. `user` is who looks: a namespace's registry is asked with that person's rights."""

    registry: Registry
    user: User

    @property
    def host(self) -> str:
        return endpoint_of(self.registry).reference_host

    def reference(self, repository: str, tag: str = "", digest: str = "") -> str:
        return written(self.host, repository, tag, digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of names, and how it is known."""

    names: Sequence[str]
    total: int  # that fit the search
    number: int  # of this page, from 1
    pages: int
    is_cut: bool  # the registry has more than are read
    known: Known


def registries_in(user: User, namespace: str) -> list[Registry]:
    """The console's, and those of the namespace if the person sees it. Raises ClusterUnavailable."""
    try:
        own = Q(namespace=namespace_for(user, namespace).name) if namespace else Q(namespace="")
    except Http404:
        own = Q(namespace="")
    return list(Registry.objects.filter(own | Q(namespace="")))


def sources_for(user: User, namespace: str, tab: Tab) -> list[Source]:
    """The registries of a tab. "" as the namespace: those of the console alone."""
    return [Source(found, user) for found in registries_in(user, namespace) if found.tab == tab]


def source_for(user: User, pk: int) -> Source:
    """Raises Http404 for what is not there, or not this person's to see."""
    registry = Registry.objects.filter(pk=pk).first()
    if registry is None:
        raise Http404
    if registry.namespace:
        namespace_for(user, registry.namespace)
    return Source(registry, user)


def is_private_to(namespace: str, image: str) -> bool:
    """Whether only a registry of this namespace offers the image, and none of the console's."""
    reference = parse_image(image)
    if reference is None:
        return False
    host = reference.host or HUB_HOST
    offering = [
        registry
        for registry in Registry.objects.filter(namespace__in=["", namespace])
        if endpoint_of(registry).reference_host == host and offers(registry, reference.repository)
    ]
    return bool(offering) and all(registry.namespace for registry in offering)


def may_see_inside(source: Source) -> bool:
    """What came with a Secret's credentials is for people who may read that Secret."""
    registry = source.registry
    return not registry.pull_secret or may(source.user, "get", SECRET, registry.namespace).allowed


def images_of(source: Source, search: str = "", page: int = 1, *, insist: bool = False, wait: bool = True) -> Page:
    """Repositories by name. Without `wait` not even a moment for a registry nearby."""
    ask = partial(_ask_images, source.registry, source.user)
    found = answers.known_or_asked(source.registry, IMAGES, ask, insist=insist, wait=wait)
    names, cut = _names(found)
    sought = search.strip().lower()
    return _page([name for name in names if sought in name], page, IMAGES_A_PAGE, cut, found)


def tags_of(source: Source, repository: str, search: str = "", page: int = 1, *, insist: bool = False) -> Page:
    """Newest first, as far as names tell: "latest", then numbers downwards. Raises Http404 for another's repository."""
    _require_offered(source, repository)
    ask = partial(_ask_tags, source.registry, source.user, repository)
    found = answers.known_or_asked(source.registry, f"tags {repository}", ask, insist=insist)
    names, cut = _names(found)
    sought = search.strip().lower()
    fitting = [name for name in names if sought in name.lower()]
    return _page(sorted(fitting, key=_newest_first, reverse=True), page, TAGS_A_PAGE, cut, found)


def image_details(source: Source, repository: str, tags: Iterable[str], *, ask: bool) -> dict[str, Known]:
    """By tag; `value` is an ImageDetails. With `ask` what is not known is asked for, all of it in one look."""
    _require_offered(source, repository)
    tags = [tag for tag in tags if is_tag(tag)][:TAGS_A_PAGE]
    registry, questions = source.registry, {tag: f"image {repository}:{tag}" for tag in tags}
    missing = [tag for tag, question in questions.items() if ask and answers.is_due(registry, question)]
    if missing:
        look = partial(_ask_details, registry, source.user, repository, missing)
        answers.wait_briefly(answers.start(registry, f"images {repository} {' '.join(missing)}", look))
    found = answers.known_all(registry, questions.values())
    return {tag: found[question] for tag, question in questions.items()}


def details_in(found: Known) -> ImageDetails | None:
    return ImageDetails.from_json(found.value) if found.value else None


def _require_offered(source: Source, repository: str) -> None:
    if not (is_repository(repository) and offers(source.registry, repository)):
        raise Http404


# -- asking: in a thread of console.registries.answers -----------------------------------------------------------------


def _ask_images(registry: Registry, user: User) -> dict[str, object]:
    with open_registry(registry, user) as client:
        names, cut = repositories_of(registry, client)
    return {"names": names, "cut": cut}


def _ask_tags(registry: Registry, user: User, repository: str) -> dict[str, object]:
    with open_registry(registry, user) as client:
        names, cut = client.tags(repository)
    return {"names": names, "cut": cut}


def _ask_details(registry: Registry, user: User, repository: str, tags: list[str]) -> dict[str, Outcome]:
    """One connection and one deadline for all of them: what it does not last for is asked for by the next look."""
    outcomes: dict[str, Outcome] = {}
    opened = answers.answered(lambda: credentials_of(registry, user))
    if opened.trouble:
        return {f"image {repository}:{tag}": opened for tag in tags}
    with RegistryClient(endpoint_of(registry), opened.value) as client:
        for tag in tags:
            outcome = answers.answered(lambda tag=tag: client.image(repository, tag).to_json())  # type: ignore[misc]
            if outcome.trouble and outcome.trouble.code in answers.OF_THE_WHOLE_REGISTRY:
                return outcomes or {f"image {repository}:{each}": outcome for each in tags}
            outcomes[f"image {repository}:{tag}"] = outcome
    return outcomes


# -- names -------------------------------------------------------------------------------------------------------------


def _names(found: Known) -> tuple[list[str], bool]:
    value = found.value or {}
    return list(value.get("names", ())), bool(value.get("cut"))


def _page(names: Sequence[str], number: int, size: int, cut: bool, found: Known) -> Page:
    pages = max(1, -(-len(names) // size))
    number = max(1, min(number, pages))
    shown = names[(number - 1) * size : number * size]
    return Page(names=shown, total=len(names), number=number, pages=pages, is_cut=cut, known=found)


def _newest_first(tag: str) -> tuple[bool, list[tuple[int, int, str]]]:
    """To be sorted downwards. Numbers count as numbers: 3.12 is newer than 3.9."""
    parts = [part for part in _NUMBERS.split(tag) if part]
    return tag == "latest", [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
