"""What the API says when something is wrong: always the same body, whatever the status."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.specification import Finding
from tasks.specification.findings import Parameter
from tasks.specification.text import without_surrogates
from tasks.wording import words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`path` is a field of the specification ("roles.Worker.replicas"), of the manifest ("spec.tfReplicaSpecs"), or the
    name of a header or query parameter; "" for the request as a whole."""

    code: str
    message: str
    path: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    blocking: bool = True

    @property
    def body(self) -> dict[str, Any]:
        shown: dict[str, Any] = without_surrogates(
            {
                "path": self.path,
                "code": self.code,
                "message": self.message,
                "parameters": dict(self.parameters),
                "blocking": self.blocking,
            }
        )
        return shown


class ApiError(Exception):
    """The request ends here, with this status and these problems."""

    def __init__(self, status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *problems)
        self.status = status
        self.problems = problems
        self.headers = dict(headers or {})


def refused(status: int, code: str, message: str, *, path: str = "") -> ApiError:
    return ApiError(status, Problem(code=code, message=message, path=path))


def problem_of(finding: Finding) -> Problem:
    return Problem(
        code=finding.code.value,
        message=words_of(finding),
        path=finding.path,
        parameters=finding.parameters,
        blocking=finding.blocking,
    )


def not_acceptable(findings: Iterable[Finding]) -> ApiError:
    """422: it could be read, and what it says cannot be done."""
    return ApiError(422, *map(problem_of, findings))


def body_of(problems: Iterable[Problem]) -> dict[str, Any]:
    """{"errors": what has to change, "warnings": what is worth knowing}."""
    said = list(problems)
    return {
        "errors": [problem.body for problem in said if problem.blocking],
        "warnings": [problem.body for problem in said if not problem.blocking],
    }
