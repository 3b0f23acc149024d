"""What pre-flight hears of an image: there or not, allowed or not, or why nobody can tell."""

import time

import pytest
from django.contrib.auth.models import User

from console.registries.client import SECONDS
from console.registries.lookup import ImageFacts, Verdict, image_facts
from console.registries.models import Answer
from console.registries.references import parse_image
from console.registries.troubles import Code
from tests.registries.cluster import ClusterWithSecrets, pull_secret
from tests.registries.conftest import Configure
from tests.registries.odd_registry import OddRegistry, Said
from tests.registries.pushing import push_image, push_index
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry
from tests.tasks.people import person

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])


HUB_SPELLINGS = (
    "busybox:1.36",
    "library/busybox:1.36",
    "docker.io/busybox:1.36",
    "index.docker.io/library/busybox:1.36",
)


def facts_of(user: User, reference: str, *secrets: str, seconds: float = SECONDS) -> ImageFacts:
    image = parse_image(reference)
    assert image
    return image_facts(user, "vision", image, secrets, seconds=seconds)


def test_an_image_that_is_there_tells_its_facts(alice_user: User, configure: Configure, registry: RealRegistry) -> None:
    pushed = push_image(registry, "look/model", "1", env=("CUDA_VERSION=12.1.0",))
    push_index(registry, "look/model", "many", "amd64", "arm64")
    configure(registry.address)

    by_tag = facts_of(alice_user, f"{registry.host}/look/model:1")
    by_digest = facts_of(alice_user, f"{registry.host}/look/model@{pushed}")
    many = facts_of(alice_user, f"{registry.host}/look/model:many")

    assert by_tag.verdict is Verdict.FOUND
    assert (by_tag.digest, by_tag.platforms, by_tag.cuda_version) == (pushed, ("linux/amd64",), "12.1.0")
    assert not by_tag.needs_secret
    assert by_digest.details == by_tag.details
    assert many.platforms == ("linux/amd64", "linux/arm64")


def test_one_that_is_not_there_is_not_found(alice_user: User, configure: Configure, registry: RealRegistry) -> None:
    push_image(registry, "look/model", "1")
    configure(registry.address)

    assert facts_of(alice_user, f"{registry.host}/look/model:none").verdict is Verdict.NOT_FOUND
    assert facts_of(alice_user, f"{registry.host}/look/none").verdict is Verdict.NOT_FOUND


def test_a_registry_that_nobody_configured_is_not_asked(
    alice_user: User, cluster: ClusterWithSecrets, odd: OddRegistry
) -> None:
    facts = facts_of(alice_user, f"{odd.host}/team/model:1")

    assert facts.verdict is Verdict.UNKNOWN
    assert facts.trouble
    assert (facts.trouble.code, facts.trouble.detail) == (Code.NOT_CONFIGURED, odd.host)
    assert odd.asked == []


def test_a_private_image_needs_the_secret_that_fits(
    alice_user: User, configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets
) -> None:
    push_image(guarded, "look/private", "1")
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    cluster.secrets["wrong"] = pull_secret("wrong", **{guarded.host: (USERNAME, "wrong")})
    cluster.secrets["other"] = pull_secret("other", **{"quay.io": (USERNAME, PASSWORD)})
    configure(guarded.address)
    reference = f"{guarded.host}/look/private:1"

    without = facts_of(alice_user, reference)
    with_other = facts_of(alice_user, reference, "other", "missing")
    with_wrong = facts_of(alice_user, reference, "wrong")
    with_it = facts_of(alice_user, reference, "other", "robot")

    for denied in (without, with_other, with_wrong):
        assert (denied.verdict, denied.needs_secret) == (Verdict.DENIED, True)
        assert denied.fitting_secrets == ("robot", "wrong")
    assert with_it.verdict is Verdict.FOUND
    assert with_it.digest
    assert PASSWORD not in str(list(Answer.objects.values()))


def test_what_one_secret_opened_is_not_told_without_it(
    alice_user: User, configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets
) -> None:
    push_image(guarded, "look/private", "1")
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    configure(guarded.address)
    facts_of(alice_user, f"{guarded.host}/look/private:1", "robot")

    without = facts_of(alice_user, f"{guarded.host}/look/private:1")

    assert without.verdict is Verdict.DENIED
    assert without.digest == ""


def test_a_secret_that_may_not_be_read_leaves_it_open(
    cluster: ClusterWithSecrets, configure: Configure, registry: RealRegistry
) -> None:
    configure(registry.address)
    carol = person("carol", "auditors")

    facts = facts_of(carol, f"{registry.host}/look/model:1", "robot")

    assert facts.verdict is Verdict.UNKNOWN
    assert facts.trouble
    assert facts.trouble.code is Code.SECRET_DENIED


def test_a_registry_that_does_not_answer_is_left_in_time(
    alice_user: User, configure: Configure, odd: OddRegistry
) -> None:
    odd.on("/v2/team/model/manifests/1", Said(then="drip"))
    configure(odd.address)
    started = time.monotonic()

    facts = facts_of(alice_user, f"{odd.host}/team/model:1", seconds=0.4)
    seconds = time.monotonic() - started
    again = facts_of(alice_user, f"{odd.host}/team/model:1")

    assert facts.verdict is Verdict.UNKNOWN
    assert facts.trouble
    assert facts.trouble.code is Code.NO_ANSWER
    assert seconds < 1
    assert again.trouble
    assert again.trouble.code is Code.NO_ANSWER
    assert len(odd.asked) == 1


def test_without_a_registry_in_its_name_an_image_is_docker_hubs(
    alice_user: User, configure: Configure, registry: RealRegistry
) -> None:
    push_image(registry, "library/busybox", "1.36")
    configure(registry.address, kind="hub", tab="official")

    verdicts = {name: facts_of(alice_user, name).verdict for name in HUB_SPELLINGS}

    assert verdicts == dict.fromkeys(HUB_SPELLINGS, Verdict.FOUND)


def test_a_namespaces_own_row_comes_first(
    alice_user: User, configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets
) -> None:
    push_image(guarded, "look/private", "1")
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    configure(guarded.address, title="everybody's")
    configure(guarded.address, namespace="vision", pull_secret="robot")

    facts = facts_of(alice_user, f"{guarded.host}/look/private:1")

    assert (facts.verdict, facts.needs_secret) == (Verdict.DENIED, True)  # the pods have no Secret yet
    assert facts.digest  # but it is there
