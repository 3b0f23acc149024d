"""Step 3 by plain GET and POST."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.tasks.drafts import draft
from tests.tasks.reviews import reviewer
from tests.tasks.wizard_steps import advanced, alice, as_alice, step

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.mark.parametrize(
    ("framework", "mode", "offered"), [("pytorch", "distributed", True), ("mpi", "allreduce", False)]
)
def test_tensorboard_is_offered_where_there_is_one(
    as_alice: Client, alice: User, framework: str, mode: str, offered: bool
) -> None:
    begun = draft(alice, framework, mode)

    page = as_alice.get(step(begun, "advanced")).content
    as_alice.post(step(begun, "advanced"), advanced(begun, tensorboard="on"))

    begun.refresh_from_db()
    assert (b'name="tensorboard"' in page) is offered
    assert begun.entries["advanced"]["tensorboard"] == ("on" if offered else "")


def test_the_priority_class_and_seconds_in_words(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "advanced"), advanced(begun, priority_class="Nicht gut", active_deadline_seconds="7200"))

    begun.refresh_from_db()
    page = as_alice.get(f"{step(begun, 'advanced')}?show=errors")
    assert [problem.anchor for problem in page.context["problems"]] == ["id_priority_class"]
    assert 'data-echo="2 h 00 min"' in page.content.decode()
