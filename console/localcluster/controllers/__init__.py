"""What makes the cluster's objects come true: training operator, scheduler, deployments."""

from __future__ import annotations

from typing import Protocol

from console.localcluster.controllers.deployments import Deployments
from console.localcluster.controllers.jobs.operator import TrainingOperator
from console.localcluster.controllers.scheduling.scheduler import Scheduler
from console.localcluster.machinery.api import Api


class Controller(Protocol):
    """Works on the cluster's objects until cancelled."""

    async def run(self) -> None: ...


def all_controllers(api: Api) -> list[Controller]:
    """In no particular order; each is to be run as a task of its own on the API's event loop."""
    return [TrainingOperator(api), Scheduler(api), Deployments(api)]
