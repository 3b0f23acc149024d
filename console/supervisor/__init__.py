"""The process tree of `make run`: everything that Trainyard is, on one machine, as one unit."""

from console.supervisor.services import Service, ServiceFailed
from console.supervisor.tree import ProcessTree

__all__ = ["ProcessTree", "Service", "ServiceFailed"]
