from pathlib import Path
from typing import Any

from tests.cluster.api_server import Answer, ApiServer, Recorded, status

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
POD = "/api/v1/namespaces/vision/pods/mnist-worker-0"


class RightsServer(ApiServer):
    """Answers access reviews for Ada ("yes", but for what is in `denied`) and everybody else ("no"), and has a pod."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.start_again()

    def start_again(self) -> None:
        self.recorded.clear()
        self.denied: set[tuple[str, str]] = set()  # (verb, subresource)
        self.away = False
        self.pod_uid = "9d3c0f2e-0001"  # "" when it is gone

    def answer(self, recorded: Recorded) -> Answer:
        self.recorded.append(recorded)
        if self.away:
            return Answer(503, status(503, "ServiceUnavailable", "the server is starting"))
        if recorded.path == REVIEWS:
            asked = recorded.body["spec"]["resourceAttributes"]
            allowed = recorded.header("Impersonate-User") == ["ada"] and (
                (asked["verb"], asked.get("subresource", "")) not in self.denied
            )
            return Answer(
                201, {**recorded.body, "status": {"allowed": allowed, "reason": "" if allowed else "not bound"}}
            )
        if recorded.path == POD and self.pod_uid:
            return Answer(200, self._pod())
        return Answer(404, status(404, "NotFound", "not found"))

    def _pod(self) -> dict[str, Any]:
        return {
            "metadata": {"name": "mnist-worker-0", "namespace": "vision", "uid": self.pod_uid},
            "spec": {"containers": [{"name": "main"}, {"name": "done"}]},
            "status": {
                "containerStatuses": [
                    {"name": "main", "restartCount": 0, "state": {"running": {}}},
                    {"name": "done", "restartCount": 0, "state": {"terminated": {"exitCode": 3, "reason": "Error"}}},
                ]
            },
        }
