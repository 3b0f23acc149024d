"""What one case works with: a namespace, the cluster, and the story of what happened there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.verification.client import Answer, Cluster, Object
from tests.verification.history import History

PLURALS = {"TFJob": "tfjobs", "PyTorchJob": "pytorchjobs", "MXJob": "mxjobs", "MPIJob": "mpijobs"}
PATIENCE_SECONDS = 90.0


class Trial:
    """One case's namespace."""

    def __init__(self, cluster: Cluster, namespace: str, history: History, *, real: bool) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.history = history
        self.real = real

    async def submit(self, manifest: Object) -> "Job":
        """Create a job that the API server must accept."""
        answer = await self.create(manifest)
        assert answer.status == 201, answer.body
        meta = answer.body["metadata"]
        return Job(self, manifest["kind"], meta["name"], meta["uid"])

    async def create(self, manifest: Object, **params: str) -> Answer:
        """Create a job, accepted or not."""
        return await self.cluster.create(PLURALS[manifest["kind"]], self.namespace, manifest, **params)

    async def make(self, resource: str, body: Object) -> Object:
        answer = await self.cluster.create(resource, self.namespace, body)
        assert answer.status == 201, answer.body
        return answer.body

    async def until(self, holds: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS) -> None:
        await self.history.until(holds, what=what, within=within)


@dataclass(slots=True)
class PodLife:
    """One pod from its first to its last version; a recreated pod of the same name is another life."""

    name: str
    uid: str
    versions: list[Object]
    gone: bool = False

    @property
    def latest(self) -> Object:
        return self.versions[-1]

    @property
    def phase(self) -> str:
        return str(self.latest["status"]["phase"])

    @property
    def phases(self) -> list[str]:
        """The phases it went through, each once."""
        return list(dict.fromkeys(str(version["status"]["phase"]) for version in self.versions))

    @property
    def terminating(self) -> bool:
        return "deletionTimestamp" in self.latest["metadata"]

    @property
    def exit_codes(self) -> list[int]:
        statuses = self.latest["status"].get("containerStatuses") or []
        return [entry["state"]["terminated"]["exitCode"] for entry in statuses if "terminated" in entry["state"]]

    @property
    def restarts(self) -> int:
        """The most that any version told of its first container."""
        found = [version["status"].get("containerStatuses") or [] for version in self.versions]
        return max((statuses[0]["restartCount"] for statuses in found if statuses), default=0)

    def waiting_reasons(self) -> set[str]:
        """Every reason a container of it ever waited for."""
        statuses = [
            entry
            for version in self.versions
            for key in ("containerStatuses", "initContainerStatuses")
            for entry in version["status"].get(key) or []
        ]
        return {entry["state"]["waiting"]["reason"] for entry in statuses if "waiting" in entry["state"]}


class Job:
    """One submitted job, as the watches tell of it."""

    def __init__(self, trial: Trial, kind: str, name: str, uid: str) -> None:
        self.trial = trial
        self.kind = kind
        self.name = name
        self.uid = uid
        self.plural = PLURALS[kind]

    # What was seen.
    @property
    def versions(self) -> list[Object]:
        return [line.object for line in self.trial.history.of(self.plural) if line.uid == self.uid]

    @property
    def latest(self) -> Object:
        return self.versions[-1] if self.versions else {}

    @property
    def status(self) -> Object:
        return self.latest.get("status") or {}

    @property
    def replica_statuses(self) -> Object:
        return self.status.get("replicaStatuses") or {}

    @property
    def deleted(self) -> bool:
        return any(line.type == "DELETED" for line in self.trial.history.of(self.plural) if line.uid == self.uid)

    def condition(self, type_: str) -> Object:
        """The condition's latest version, or an empty object."""
        return next((entry for entry in self.status.get("conditions") or [] if entry["type"] == type_), {})

    def has(self, type_: str) -> bool:
        return self.condition(type_).get("status") == "True"

    @property
    def transitions(self) -> list[str]:
        """ "Running+" when it became True, "Running-" False, "Running!" when it was removed; in order."""
        before: dict[str, str] = {}
        told = []
        for version in self.versions:
            conditions = (version.get("status") or {}).get("conditions") or []
            after = {entry["type"]: "+" if entry["status"] == "True" else "-" for entry in conditions}
            told += [f"{type_}!" for type_ in before if type_ not in after]
            told += [f"{type_}{sign}" for type_, sign in after.items() if before.get(type_) != sign]
            before = after
        return told

    @property
    def pods(self) -> list[PodLife]:
        """Every pod it owns or owned, in order of birth."""
        lives: dict[str, PodLife] = {}
        for line in self.trial.history.of("pods"):
            if self._owns(line.object):
                life = lives.setdefault(line.uid, PodLife(line.name, line.uid, []))
                life.versions.append(line.object)
                life.gone = line.type == "DELETED"
        return list(lives.values())

    def lives(self, name: str) -> list[PodLife]:
        """The lives of the pods of this name (without the job's own)."""
        return [life for life in self.pods if life.name == f"{self.name}-{name}"]

    @property
    def services(self) -> dict[str, Object]:
        """The services that exist now, by name."""
        found: dict[str, Object] = {}
        for line in self.trial.history.of("services"):
            if self._owns(line.object):
                found[line.name] = line.object
                if line.type == "DELETED":
                    del found[line.name]
        return found

    def events(self, reason: str = "", *, involved: str = "") -> list[Object]:
        """Events of the job itself (or of the object of this uid), the latest version of each."""
        latest: dict[str, Object] = {}
        for line in self.trial.history.of("events"):
            event = line.object
            if event["involvedObject"].get("uid") == (involved or self.uid) and reason in ("", event["reason"]):
                latest[line.uid] = event
        return list(latest.values())

    @property
    def event_reasons(self) -> set[str]:
        return {event["reason"] for event in self.events()}

    # What is done to it, and waited for.
    async def reaches(self, type_: str, *, within: float = PATIENCE_SECONDS) -> None:
        await self.until(lambda: self.has(type_), f"{self.kind} {self.name} {type_}", within=within)

    async def until(self, holds: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS) -> None:
        await self.trial.until(holds, what, within=within)

    async def until_pods(self, *phases: str, count: int) -> None:
        """`count` pods that exist, and are not on their way out, are in one of these phases."""

        def holds() -> bool:
            alive = [life for life in self.pods if not life.gone and not life.terminating]
            return sum(life.phase in phases for life in alive) == count

        await self.until(holds, f"{count} pods of {self.name} in {phases}")

    async def until_phase(self, name: str, phase: str) -> PodLife:
        """The first pod of this name, when a watch has told of this phase (jobs and pods have watches of their own)."""
        await self.until(
            lambda: any(phase in life.phases for life in self.lives(name)[:1]), f"{name} of {self.name} {phase}"
        )
        return self.lives(name)[0]

    async def until_pods_gone(self) -> None:
        await self.until(lambda: bool(self.pods) and all(life.gone for life in self.pods), f"no pods of {self.name}")

    async def patch(self, patch: Object) -> Answer:
        answer = await self.trial.cluster.patch(self.plural, self.trial.namespace, self.name, patch)
        assert answer.status == 200, answer.body
        return answer

    async def poke(self) -> None:
        """Change nothing but an annotation: the operator looks at the job again."""
        await self.patch({"metadata": {"annotations": {"contract/poked": str(len(self.trial.history.lines))}}})

    async def suspend(self, suspended: bool) -> None:
        await self.patch({"spec": {"runPolicy": {"suspend": suspended}}})

    async def delete(self, **params: str) -> None:
        answer = await self.trial.cluster.delete(self.plural, self.trial.namespace, self.name, **params)
        assert answer.status == 200, answer.body

    async def delete_pod(self, name: str) -> None:
        answer = await self.trial.cluster.delete("pods", self.trial.namespace, f"{self.name}-{name}")
        assert answer.status == 200, answer.body

    def _owns(self, found: dict[str, Any]) -> bool:
        return any(owner["uid"] == self.uid for owner in found["metadata"].get("ownerReferences") or [])


def in_order(told: list[str], expected: list[str]) -> bool:
    """Whether `expected` is a subsequence of `told`."""
    rest = iter(told)
    return all(entry in rest for entry in expected)
