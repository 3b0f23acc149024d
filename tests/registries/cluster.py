"""The cluster of these tests: rights as everywhere, and Secrets that alice may read and carol may not."""

import base64
import json
from typing import Any

from tests.cluster.api_server import Answer, Recorded, status
from tests.tasks.rights_server import REVIEWS, RightsServer


class ClusterWithSecrets(RightsServer):
    def forget(self) -> None:
        super().forget()
        self.secrets: dict[str, dict[str, Any]] = {}  # by name, all in vision

    def answer(self, recorded: Recorded) -> Answer:
        user = recorded.header("Impersonate-User")[0]
        if recorded.path == REVIEWS:
            asked = recorded.body["spec"]["resourceAttributes"]
            if asked["resource"] == "secrets" and user == "carol":
                return Answer(201, {**recorded.body, "status": {"allowed": False}})
        elif "/secrets" in recorded.path and not self.away:
            self.recorded.append(recorded)
            return self._secrets(recorded, user)
        return super().answer(recorded)

    def _secrets(self, recorded: Recorded, user: str) -> Answer:
        if user != "alice" or "/namespaces/vision/" not in recorded.path:
            return Answer(403, status(403, "Forbidden", f"{user} cannot read secrets"))
        name = recorded.path.partition("/secrets")[2].strip("/")
        if name:
            found = self.secrets.get(name)
            return Answer(200, found) if found else Answer(404, status(404, "NotFound", f"{name} not found"))
        type_ = recorded.query.get("fieldSelector", "").removeprefix("type=")
        items = [secret for secret in self.secrets.values() if secret["type"] == type_]
        return Answer(200, {"metadata": {}, "items": items})


def pull_secret(name: str, **auths: tuple[str, str]) -> dict[str, Any]:
    """`auths`: name and password by address."""
    entries = {
        address: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}
        for address, (user, password) in auths.items()
    }
    config = base64.b64encode(json.dumps({"auths": entries}).encode()).decode()
    return {
        "metadata": {"name": name},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": config},
    }
