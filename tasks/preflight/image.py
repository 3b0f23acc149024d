from collections.abc import Iterator
from itertools import chain

from console.registries.lookup import ImageFacts, Verdict, image_facts
from console.registries.references import parse_image
from console.registries.wording import words_of
from tasks.preflight.asking import NotAsked
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, RoleSpec, warning
from tasks.specification.capacity_rules import nodes_for
from tasks.specification.cuda_rules import check_cuda

_SECONDS = 4.0  # for one registry's answer: below the check's own limit
_ARCHITECTURE_LABEL = "kubernetes.io/arch"  # every node has it


def look_up(subject: Subject) -> list[Finding]:
    """Each image that some role runs: is it there, may the task pull it, do the nodes run it?

    Raises NotAsked where nothing was found and some registry could not be asked.
    """
    by_image: dict[str, list[RoleSpec]] = {}
    for role in subject.spec.roles:
        by_image.setdefault(role.image or subject.spec.image, []).append(role)
    found: list[Finding] = []
    unknown = ""
    for text, roles in by_image.items():
        reference = parse_image(text)
        if reference is None:  # the rules have said so
            continue
        subject.go_on()
        facts = image_facts(
            subject.user, subject.spec.namespace, reference, subject.spec.pull_secrets, seconds=_SECONDS
        )
        if facts.verdict is Verdict.UNKNOWN and facts.trouble:
            unknown = words_of(facts.trouble)
        found += findings_of(facts, text, roles, subject)
    if unknown and not found:
        raise NotAsked(unknown)
    return found


def findings_of(facts: ImageFacts, text: str, roles: list[RoleSpec], subject: Subject) -> Iterator[Finding]:
    """What the registry's answer means for the roles that run this image.

    Nothing of it blocks: nodes may have the image already, or credentials of their own.
    """
    path = f"roles.{roles[0].name}.image" if roles[0].image else "image"
    if facts.verdict is Verdict.NOT_FOUND:
        yield warning(Code.IMAGE_NOT_FOUND, path, image=text)
    elif facts.verdict is Verdict.DENIED:
        yield warning(Code.IMAGE_DENIED, path, image=text)
    if facts.verdict is not Verdict.FOUND:
        return
    nodes = subject.facts.nodes or ()
    kinds = {f"linux/{node.labels[_ARCHITECTURE_LABEL]}" for node in nodes if _ARCHITECTURE_LABEL in node.labels}
    # "linux/arm64/v8" runs where "linux/arm64" does.
    offered = {"/".join(platform.split("/")[:2]) for platform in facts.platforms}
    if kinds and offered and not kinds & offered:
        yield warning(Code.IMAGE_PLATFORM, path, image=text, platforms=", ".join(sorted(offered)))
    yield from chain.from_iterable(
        check_cuda(
            facts.cuda_version, role.flavor, nodes_for(role.flavor, nodes), subject.drivers, f"roles.{role.name}.flavor"
        )
        for role in roles
        if role.flavor is not None
    )
