import pytest

from tasks.specification import Code, error
from tasks.wizard.problems import problems_of


@pytest.mark.parametrize(
    ("path", "label", "anchor"),
    [
        ("name", "Task name", "id_name"),
        ("volumes.data.claim", "Data source · Claim", "id_data_claim"),
        ("roles.Worker.flavor", "Worker · Pod flavor", "field-Worker-flavor"),
        ("roles.Worker.env", "Worker · Environment variables", "field-Worker-env"),
        ("roles.Worker.env.2.name", "Worker · Environment variables 3 · Variable", "id_Worker-env-2-name"),
        (
            "roles.Worker.mounts.0.name",
            "Worker · Mounted ConfigMaps and Secrets 1 · Its name",
            "id_Worker-mounts-0-name",
        ),
        ("roles.Worker.liveness.port", "Worker · Liveness probe · Port", "id_Worker-liveness-port"),
        ("run_policy.backoff_limit", "Retry limit", "id_backoff_limit"),
    ],
)
def test_a_summary_names_the_field_with_its_role_and_row_and_leads_there(path: str, label: str, anchor: str) -> None:
    problem = problems_of([error(Code.REQUIRED, path)])[0]

    assert (problem.label, problem.anchor) == (label, anchor)
