from pathlib import Path

from tests.cluster.api_server import Answer, ApiServer, Recorded, status

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
READ = frozenset({"get", "list", "watch"})


class RightsServer(ApiServer):
    """Answers access reviews as deploy/rbac does: alice works in vision, bob in nlp, carol looks at everything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.forget()

    def forget(self) -> None:
        """Be as new for the next test."""
        self.away = False
        self.logs: dict[str, str] = {}  # by pod name
        self.recorded.clear()

    def answer(self, recorded: Recorded) -> Answer:
        self.recorded.append(recorded)
        if self.away:
            return Answer(503, status(503, "ServiceUnavailable", "the server is starting"))
        user = recorded.header("Impersonate-User")[0]
        if recorded.path == REVIEWS:
            asked = recorded.body["spec"]["resourceAttributes"]
            allowed = _may(user, asked["verb"], asked.get("namespace", ""))
            reason = "" if allowed else "no role gives it"
            return Answer(201, {**recorded.body, "status": {"allowed": allowed, "reason": reason}})
        pod = recorded.path.removesuffix("/log").rpartition("/")[2]
        if recorded.path.endswith("/log") and pod in self.logs:
            return Answer(200, self.logs[pod])
        return Answer(404, status(404, "NotFound", f"{pod} not found"))


def _may(user: str, verb: str, namespace: str) -> bool:
    if user == "carol":
        return verb in READ
    return (user, namespace) in {("alice", "vision"), ("bob", "nlp")}
