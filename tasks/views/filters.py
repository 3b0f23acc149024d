"""What a list page was asked to show, as its URL says it. Anything is taken; nonsense shows everything."""

from collections import Counter
from dataclasses import dataclass, field

from django.http import QueryDict

from tasks import queries
from tasks.phases import Phase
from tasks.templatetags.task_words import FRAMEWORKS, PHASES, Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilters:
    framework: str = ""
    phase: str = ""
    search: str = ""
    sort: str = "-created_at"
    before: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "TaskFilters":
        framework, phase, sort = query.get("type", ""), query.get("state", ""), query.get("sort", "")
        return cls(
            framework=framework if framework in FRAMEWORKS else "",
            phase=phase if phase in PHASES else "",
            search=query.get("q", "").strip()[:63],
            sort=sort or "-created_at",
            before=query.get("before", ""),
        )

    @property
    def narrow(self) -> bool:
        """Whether tasks are left out."""
        return bool(self.framework or self.phase or self.search)

    def page_in(self, namespace: str) -> queries.Page:
        return queries.tasks_in(
            namespace,
            framework=self.framework,
            phase=self.phase,
            search=self.search,
            sort=self.sort,
            before=self.before,
        )


@dataclass(frozen=True, slots=True)
class Facets:
    """How many tasks each choice of a filter would show, given the other filter's choice."""

    frameworks: list[tuple[str, str, int]]  # key, name, tasks
    phases: list[tuple[str, Badge, int]]
    total: int  # in the namespace, whatever the filters
    any_framework: int = field(default=0)
    any_phase: int = field(default=0)

    @classmethod
    def of(cls, namespace: str, filters: TaskFilters) -> "Facets":
        counts = queries.facets_in(namespace)
        by_framework: Counter[str] = Counter()
        by_phase: Counter[str] = Counter()
        for facet in counts:
            if filters.phase in ("", facet.phase):
                by_framework[facet.framework] += facet.tasks
            if filters.framework in ("", facet.framework):
                by_phase[facet.phase] += facet.tasks
        phases = [phase for phase in Phase if by_phase[phase] or phase == filters.phase]
        return cls(
            frameworks=[(key, name, by_framework[key]) for key, name in FRAMEWORKS.items()],
            phases=[(phase, PHASES[phase], by_phase[phase]) for phase in phases],
            total=sum(facet.tasks for facet in counts),
            any_framework=by_framework.total(),
            any_phase=by_phase.total(),
        )
