"""ResourceQuota: what a namespace may hold, charged when something is created, counted again when something goes."""

from __future__ import annotations

from dataclasses import dataclass

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import QUOTA
from console.localcluster.machinery.objects import Clock
from console.localcluster.machinery.usage import QuotaLedger


@dataclass(slots=True)
class QuotaController:
    """Keeps `status.used` true after what no creation says: pods that end, objects that go, quotas that change."""

    api: Api
    clock: Clock

    async def run(self) -> None:
        ledger = QuotaLedger(self.api.store)
        changes = self.api.watch_all()
        for quota in self.api.list(QUOTA):
            ledger.recount(quota["metadata"]["namespace"])
        try:
            async for kind, change_type, obj in changes:
                namespace = obj["metadata"].get("namespace", "")
                if kind is QUOTA or (change_type != "ADDED" and ledger.is_counted(kind)):
                    ledger.recount(namespace)
        finally:
            changes.close()
