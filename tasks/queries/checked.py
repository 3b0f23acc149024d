from dataclasses import dataclass

from django.contrib.auth.models import User

from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.facts import facts_for
from tasks.specification import Facts, Finding, Framework, Mode, TaskSpec, check
from tasks.specification.entries import Typed, spec_of


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """A draft read and judged with what is known now."""

    spec: TaskSpec
    findings: tuple[Finding, ...]
    facts: Facts
    framework: Framework
    mode: Mode

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.blocking)


def checked_draft(draft: Draft) -> CheckedDraft:
    framework = FRAMEWORKS[draft.framework]
    mode = framework.mode(draft.mode) or framework.modes[0]
    return checked_task(spec_of(draft.entries, framework=framework, mode=mode, flavors=catalogue()), by=draft.owner)


def checked_task(typed: Typed, *, by: User) -> CheckedDraft:
    """A task that stands in no draft, judged in the same way. Its framework is one of FRAMEWORKS."""
    spec, framework = typed.spec, FRAMEWORKS[typed.spec.framework]
    facts = facts_for(by, spec.framework, spec.namespace, spec.name)
    mode = framework.mode(spec.mode) or framework.modes[0]  # where there is no such mode, the rules say so
    return CheckedDraft(spec, typed.with_rules(check(spec, facts)), facts, framework, mode)
