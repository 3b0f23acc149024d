"""Walking through the wizard as a person does: by what stands on the page."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

IMAGE = "python:3.11-slim"
SMALLEST = "0.1 CPU"

# It works until somebody opens a shell and lets it go: so a task ends exactly when the test wants it to.
UNTIL_LET_GO = "echo ready; until [ -e /tmp/go ]; do sleep 0.2; done; echo finished"
# The first process of a container ignores SIGTERM unless it says otherwise; without the trap a delete takes 30 s.
UNTIL_KILLED = "echo waiting; trap 'exit 0' TERM; sleep 600 & wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One type and mode. The role `decides` when the task is done; `fixed` roles have no number of pods to type."""

    framework: str  # as the page calls it
    key: str
    mode: str
    roles: tuple[str, ...]
    decides: str
    image_command: tuple[str, ...] = ()  # roles that keep the image's own command


WALKS = (
    Walk(framework="TensorFlow", key="tensorflow", mode="single", roles=("Worker",), decides="Worker"),
    Walk(framework="TensorFlow", key="tensorflow", mode="ps-worker", roles=("PS", "Worker"), decides="Worker"),
    Walk(
        framework="TensorFlow",
        key="tensorflow",
        mode="ps-chief-worker",
        roles=("PS", "Chief", "Worker"),
        decides="Chief",
    ),
    Walk(
        framework="MXNet",
        key="mxnet",
        mode="distributed",
        roles=("Scheduler", "Server", "Worker"),
        decides="Scheduler",
    ),
    Walk(framework="PyTorch", key="pytorch", mode="distributed", roles=("Master", "Worker"), decides="Master"),
    Walk(
        framework="MPI",
        key="mpi",
        mode="allreduce",
        roles=("Launcher", "Worker"),
        decides="Launcher",
        image_command=("Worker",),
    ),
)


SINGLE = WALKS[0]


def create_task(page: Page, walk: Walk, name: str) -> None:
    """From the task list through all steps to the new task's page."""
    fill_draft(page, walk, name)
    expect(page.get_by_role("heading", name="Roles")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="Open the task").click()


def fill_draft(page: Page, walk: Walk, name: str, *, image: str = IMAGE, script: str = "", command: str = "") -> None:
    """From the task list to the last step before the submit.

    Each role runs `command` (a word a line), or a shell with `script`, else what its part is.
    """
    page.goto("/n/vision/tasks/")
    page.get_by_role("link", name="Create task").first.click()
    page.get_by_role("link", name=walk.framework).click()
    page.locator(f"input[name=mode][value={walk.mode}]").check(force=True)
    page.get_by_role("button", name="Start").click()

    page.get_by_label("Task name").fill(name)
    page.get_by_role("textbox", name="Image").fill(image)
    next_step(page)

    for role in walk.roles:
        _fill_role(page, walk, role, command or (f"sh\n-c\n{script}" if script else ""))
    next_step(page)
    next_step(page)
    expect(page).to_have_url(re.compile("/confirm/"))


def next_step(page: Page) -> None:
    """Press "Next"; a finding that holds the step back fails here, in its own words."""
    before = page.url
    page.get_by_role("button", name="Next").last.click()
    page.wait_for_url(lambda url: url != before)


def _fill_role(page: Page, walk: Walk, role: str, command: str) -> None:
    page.get_by_role("tab", name=role).click()
    page.locator(f"input[name={role}-flavor][value=cpu-100m-128Mi]").check(force=True)
    if role in walk.image_command:
        return
    script = UNTIL_LET_GO if role == walk.decides else UNTIL_KILLED
    page.locator(f"textarea[name={role}-command]").fill(command or f"sh\n-c\n{script}")
