from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from console.cluster import connect
from console.people.identity import identity_of
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.building import build
from tasks.specification.task import DataVolume, RestartPolicy, RoleSpec, RunPolicy, TaskSpec, VolumePurpose

NAMESPACE = "vision"
OWNER = "alice"
STEPS = 1_000_000  # half a second each: it runs for as long as anybody looks


class Command(BaseCommand):
    help = "Create two tasks in the local cluster, as alice: one that runs and one that fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--marker", type=Path, help="a file that is made when both tasks are there")

    def handle(self, *args: Any, **options: Any) -> None:
        person = get_user_model().objects.get(username=OWNER)
        cluster = connect(acting_as=identity_of(person))
        for spec in (_running(), _failing()):
            operation = str(uuid5(NAMESPACE_URL, f"trainyard/seed/{spec.name}"))  # the same at each try: one task
            manifest = build(spec, operation=operation, owner=OWNER)
            cluster.create_once(FRAMEWORKS[spec.framework].resource, manifest)
        if options["marker"]:
            options["marker"].touch()


def _running() -> TaskSpec:
    """Two workers that train together through a parameter server."""
    arguments = ("--steps", str(STEPS), "--pause", "0.5", "--logdir", "/logs")
    flavor = catalogue()["cpu-100m-128Mi"]
    roles = tuple(
        # ExitCode: pods that were lost because the local cluster was stopped (137) are made anew at the next start.
        RoleSpec(name=name, replicas=replicas, flavor=flavor, args=arguments, restart_policy=RestartPolicy.EXIT_CODE)
        for name, replicas in (("PS", 1), ("Worker", 2))
    )
    return TaskSpec(
        framework="tensorflow",
        mode="ps-worker",
        name="first-training",
        namespace=NAMESPACE,
        image="trainyard/train:1",
        description="Made at the first start: two workers train a small model with a parameter server.",
        volumes=(
            DataVolume(purpose=VolumePurpose.LOG, claim="outputs", mount_path="/logs", sub_path="first-training"),
        ),
        roles=roles,
        run_policy=RunPolicy(backoff_limit=None),
    )


def _failing() -> TaskSpec:
    return TaskSpec(
        framework="pytorch",
        mode="distributed",
        name="out-of-memory",
        namespace=NAMESPACE,
        image="trainyard/fail:1",
        description="Made at the first start: it wants more memory than its flavor has, as an example of a failure.",
        roles=(
            RoleSpec(
                name="Master",
                flavor=catalogue()["cpu-100m-128Mi"],
                args=("--after", "3", "memory", "1024"),
            ),
        ),
        run_policy=RunPolicy(),
    )
