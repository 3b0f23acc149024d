from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from console.cluster import Identity
from console.index.models import Namespace, Pod
from console.people.models import Person
from namespaces.access import forget_reviews
from terminal.access import SHELL, Target
from terminal.session import Cluster
from terminal.sessions import Sessions
from terminal.timing import Timing
from tests.terminal.browser import Browser, attach
from tests.terminal.exec_streams import PtyCluster, ScriptedCluster
from tests.terminal.rights_server import RightsServer

hypothesis_settings.register_profile("any machine", deadline=None)  # a busy one is no failure
hypothesis_settings.load_profile("any machine")
POD_UID = "9d3c0f2e-0001"
QUICK = Timing(
    check=0.05,
    unsure=0.3,
    grace=0.3,
    reload_grace=0.05,
    attach=0.3,
    ack=0.3,
    hush=0.01,
    mark=0.5,
    unread=0.2,
    explain=(0, 0.01),
)


@pytest.fixture
def target() -> Target:
    return Target(
        user_id=1,
        session_key="login",
        login_ends_at=timezone.now() + timedelta(hours=8),
        identity=Identity("ada", ("vision",)),
        namespace="vision",
        pod="mnist-worker-0",
        pod_uid=POD_UID,
        container="main",
        right=SHELL,
    )


@pytest.fixture
def scripted() -> ScriptedCluster:
    return ScriptedCluster()


async def all_is_well(target: Target) -> None:
    return None


async def running(target: Target) -> dict[str, Any]:
    return {"name": target.container, "state": {"running": {}}}


@pytest.fixture
async def sessions(scripted: ScriptedCluster) -> AsyncIterator[Sessions]:
    made = Sessions(Cluster(open_exec=scripted.open_exec, recheck=all_is_well, container_of=running), QUICK)
    yield made
    await made.end_all()


@pytest.fixture
async def pty() -> AsyncIterator[PtyCluster]:
    cluster = PtyCluster()
    yield cluster
    await cluster.clean_up()


@pytest.fixture
async def pty_sessions(pty: PtyCluster) -> AsyncIterator[Sessions]:
    made = Sessions(Cluster(open_exec=pty.open_exec, recheck=all_is_well, container_of=running), QUICK)
    yield made
    await made.end_all()


@pytest.fixture
def open_shell(target: Target) -> Callable[..., Any]:
    """Opens a session and shows it on a browser: `session, browser = await open_shell(sessions)`."""

    async def opened(sessions: Sessions, browser: Browser | None = None, **wanted: Any) -> Any:
        browser = browser or Browser()
        browser.session = await sessions.attach(browser, target, attach(**wanted))
        return browser.session, browser

    return opened


@pytest.fixture
def ada(db: None) -> User:
    """Ada may do everything in namespace vision."""
    user = User.objects.create_user("ada", password="a")
    Person.objects.create(user=user, cluster_user="ada", cluster_groups=["vision"])
    return user


@pytest.fixture
def mallory(db: None) -> User:
    """Mallory may do nothing."""
    user = User.objects.create_user("mallory", password="m")
    Person.objects.create(user=user, cluster_user="mallory", cluster_groups=[])
    return user


@pytest.fixture(scope="session")
def rights_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RightsServer]:
    with RightsServer(tmp_path_factory.mktemp("rights")) as server:
        yield server


@pytest.fixture
def rights(rights_server: RightsServer, settings: Settings) -> RightsServer:
    """The cluster: decides rights, and has one pod whose container `main` runs and whose container `done` has ended."""
    forget_reviews()
    rights_server.start_again()
    settings.CLUSTER_PROXY_KUBECONFIG = str(rights_server.kubeconfig)
    return rights_server


@pytest.fixture
def pod(db: None) -> Pod:
    """The pod as the index has it."""
    Namespace.objects.create(name="vision", uid="v", phase="Active", class_name="gpu")
    return Pod.objects.create(
        uid=POD_UID,
        task_uid="task-1",
        namespace="vision",
        name="mnist-worker-0",
        role="Worker",
        phase="running",
        containers=[
            {
                "name": "main",
                "image": "python:3.11-slim",
                "init": False,
                "state": "running",
                "reason": "",
                "message": "",
            },
            {
                "name": "done",
                "image": "busybox",
                "init": False,
                "state": "terminated",
                "reason": "Completed",
                "message": "",
            },
        ],
        created_at=timezone.now(),
    )
