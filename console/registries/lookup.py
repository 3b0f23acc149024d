"""What a task's image is, for the checks before a task is created: asked as the nodes will ask, within a deadline."""

import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import User

from console.cluster import ClusterUnavailable
from console.registries import answers
from console.registries.answers import Outcome
from console.registries.client import SECONDS, RegistryClient
from console.registries.endpoint import Credentials
from console.registries.manifests import ImageDetails
from console.registries.models import Registry
from console.registries.opening import credentials_of, endpoint_of
from console.registries.pull_secrets import pull_secrets_in, read_pull_secret
from console.registries.queries import registries_in
from console.registries.references import ImageReference, registry_and_path
from console.registries.troubles import Code, RegistryTrouble, Trouble


class Verdict(StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"  # the registry says so
    DENIED = "denied"  # with what the task has; nodes may have credentials of their own
    UNKNOWN = "unknown"  # `trouble` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    verdict: Verdict
    details: ImageDetails | None = None  # of what was found
    trouble: Trouble | None = None  # why it is not known
    needs_secret: bool = False  # nobody gets it without credentials
    fitting_secrets: tuple[str, ...] = ()  # pull Secrets of the namespace for this image, where they may be listed

    @property
    def digest(self) -> str:
        return self.details.digest if self.details else ""

    @property
    def platforms(self) -> tuple[str, ...]:
        return self.details.platforms if self.details else ()

    @property
    def size_bytes(self) -> int | None:
        return self.details.size_bytes if self.details else None

    @property
    def cuda_version(self) -> str:
        return self.details.cuda_version if self.details else ""


def image_facts(
    user: User, namespace: str, image: ImageReference, pull_secrets: Sequence[str], *, seconds: float = SECONDS
) -> ImageFacts:
    """The image with the task's pull Secrets, or without any where none of them is for its registry.

    Nothing is raised. Only registries that are configured are asked: for any other the answer is UNKNOWN.
    """
    ends = time.monotonic() + seconds
    host, _path = registry_and_path(image)
    try:
        registry = _registry_of(user, namespace, host)
        if registry is None:
            return _unknown(Trouble(Code.NOT_CONFIGURED, host))
        credentials = _of_secrets(user, namespace, image, pull_secrets)
        outcome = _look(registry, image, credentials, ends)
    except RegistryTrouble as exc:
        return _unknown(exc.trouble)
    except ClusterUnavailable:
        return _unknown(Trouble(Code.CLUSTER_AWAY))
    if outcome.trouble and outcome.trouble.code is Code.DENIED:
        return _denied(user, namespace, image, registry, credentials, ends)
    return _facts(outcome, needs_secret=False)


def _registry_of(user: User, namespace: str, host: str) -> Registry | None:
    """Of several rows for one host the namespace's own comes first."""
    found = [one for one in registries_in(user, namespace) if endpoint_of(one).reference_host == host]
    return min(found, key=lambda one: not one.namespace, default=None)


def _of_secrets(user: User, namespace: str, image: ImageReference, names: Sequence[str]) -> Credentials | None:
    """Of the first Secret that has some for the image. One that is missing is another check's to report."""
    trouble: RegistryTrouble | None = None
    for name in names:
        try:
            secret = read_pull_secret(user, namespace, name)
        except RegistryTrouble as exc:
            trouble = None if exc.trouble.code is Code.SECRET_MISSING else exc
            continue
        if found := secret.credentials_for(image.host, image.repository):
            return found
    if trouble:  # it may be the one that counts, and nobody can tell
        raise trouble
    return None


def _look(registry: Registry, image: ImageReference, credentials: Credentials | None, ends: float) -> Outcome:
    """From the cache, where somebody with the same credentials asked lately."""
    reference = image.digest or image.tag or "latest"
    _host, repository = registry_and_path(image)
    question = f"look {_fingerprint(credentials)} {repository}:{reference}"
    known = answers.known(registry, question)
    if not answers.is_due(registry, question):
        return Outcome(value=None if known.trouble else known.value, trouble=known.trouble)
    endpoint = endpoint_of(registry)
    seconds = max(ends - time.monotonic(), 0.05)

    def ask() -> dict[str, object]:
        with RegistryClient(endpoint, credentials, seconds=min(seconds, SECONDS), total_seconds=seconds) as client:
            return client.image(repository, reference).to_json()

    outcome = answers.answered(ask)
    answers.keep(registry, question, outcome)
    return outcome


def _denied(
    user: User,
    namespace: str,
    image: ImageReference,
    registry: Registry,
    credentials: Credentials | None,
    ends: float,
) -> ImageFacts:
    """Not with what the task has. Which Secrets would do, and what the registry's own credentials say is there."""
    secrets = pull_secrets_in(user, namespace) or []
    fitting = tuple(one.name for one in secrets if one.credentials_for(image.host, image.repository))
    details = None
    try:
        own = credentials_of(registry, user)
        if own and own != credentials:
            facts = _facts(_look(registry, image, own, ends), needs_secret=True)
            if facts.verdict is Verdict.NOT_FOUND:
                return facts
            details = facts.details
    except RegistryTrouble:
        pass  # then only the denial is known
    return ImageFacts(verdict=Verdict.DENIED, details=details, needs_secret=True, fitting_secrets=fitting)


def _facts(outcome: Outcome, *, needs_secret: bool) -> ImageFacts:
    if outcome.trouble is None:
        details = ImageDetails.from_json(outcome.value)
        return ImageFacts(verdict=Verdict.FOUND, details=details, needs_secret=needs_secret)
    if outcome.trouble.code is Code.NOT_FOUND:
        return ImageFacts(verdict=Verdict.NOT_FOUND, needs_secret=needs_secret)
    return _unknown(outcome.trouble)


def _unknown(trouble: Trouble) -> ImageFacts:
    return ImageFacts(verdict=Verdict.UNKNOWN, trouble=trouble)


def _fingerprint(credentials: Credentials | None) -> str:
    """Tells credentials apart in the cache without telling what they are."""
    if credentials is None:
        return "-"
    pair = f"{credentials.username}\0{credentials.password}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), pair, hashlib.sha256).hexdigest()[:32]
