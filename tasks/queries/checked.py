from dataclasses import dataclass

from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.facts import facts_for
from tasks.specification import Facts, Finding, Framework, Mode, TaskSpec, check
from tasks.specification.entries import spec_of


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
    typed = spec_of(draft.entries, framework=framework, mode=mode, flavors=catalogue())
    facts = facts_for(draft.owner, draft.framework, typed.spec.namespace, typed.spec.name)
    return CheckedDraft(typed.spec, typed.with_rules(check(typed.spec, facts)), facts, framework, mode)
