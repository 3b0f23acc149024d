"""What is remembered of access reviews, and for how long. The cluster is a function, the time a number."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.cluster import POD, ClusterUnavailable, Decision, Identity
from namespaces.reviews import ALLOWED_SECONDS, AWAY_SECONDS, DENIED_SECONDS, EXTENDED_SECONDS, Question, Reviews

ALICE = Identity("alice", ("team-vision",))
LISTING = Question(ALICE, "list", POD, "vision")
DELETING = Question(ALICE, "delete", POD, "vision")
OPENING_A_SHELL = Question(ALICE, "get", POD, "vision", "exec")


class Cluster:
    """Answers what it is set to, and counts."""

    def __init__(self) -> None:
        self.allowed = True
        self.away = False
        self.takes_seconds = 0.0  # until it turns out to be away
        self.status = 0
        self.asked: list[Question] = []
        self.now = 0.0
        self.reviews = Reviews(self.ask, clock=lambda: self.now)

    def ask(self, question: Question) -> Decision:
        self.asked.append(question)
        if self.away:
            self.now += self.takes_seconds
            raise ClusterUnavailable("nobody there", status=self.status)
        return Decision(self.allowed)

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.mark.parametrize(("allowed", "seconds"), [(True, ALLOWED_SECONDS), (False, DENIED_SECONDS)])
def test_an_answer_is_remembered_for_its_seconds(cluster: Cluster, allowed: bool, seconds: float) -> None:
    cluster.allowed = allowed
    cluster.reviews.decide(LISTING)
    cluster.pass_seconds(seconds - 0.1)
    cluster.reviews.decide(LISTING)
    once = len(cluster.asked)
    cluster.pass_seconds(0.2)
    review = cluster.reviews.decide(LISTING)

    assert once == 1
    assert len(cluster.asked) == 2
    assert review.decision.allowed is allowed


@pytest.mark.parametrize(
    "other",
    [
        Question(Identity("bob", ("team-vision",)), "list", POD, "vision"),
        Question(Identity("alice", ()), "list", POD, "vision"),
        Question(Identity("alice", ("team-vision", "more")), "list", POD, "vision"),
        Question(ALICE, "get", POD, "vision"),
        Question(ALICE, "list", POD, "nlp"),
        Question(ALICE, "list", POD, "vision", "log"),
    ],
    ids=str,
)
def test_nobody_is_answered_from_another_questions_memory(cluster: Cluster, other: Question) -> None:
    cluster.reviews.decide(LISTING)
    cluster.allowed = False

    assert cluster.reviews.decide(other).decision.allowed is False


def test_a_yes_to_reading_lasts_five_minutes_while_the_cluster_is_away(cluster: Cluster) -> None:
    cluster.reviews.decide(LISTING)
    cluster.away = True
    cluster.pass_seconds(EXTENDED_SECONDS - 1)
    review = cluster.reviews.decide(LISTING)
    cluster.pass_seconds(2)

    assert (review.decision.allowed, review.uncertain) == (True, True)
    with pytest.raises(ClusterUnavailable):
        cluster.reviews.decide(LISTING)


@pytest.mark.parametrize("question", [DELETING, OPENING_A_SHELL], ids=["delete", "exec"])
def test_no_right_to_change_anything_is_extended(cluster: Cluster, question: Question) -> None:
    cluster.reviews.decide(question)
    cluster.away = True
    cluster.pass_seconds(ALLOWED_SECONDS)

    with pytest.raises(ClusterUnavailable):
        cluster.reviews.decide(question)


def test_a_no_is_never_extended(cluster: Cluster) -> None:
    cluster.allowed = False
    cluster.reviews.decide(LISTING)
    cluster.away = True
    cluster.pass_seconds(DENIED_SECONDS)

    with pytest.raises(ClusterUnavailable):
        cluster.reviews.decide(LISTING)


def test_a_no_replaces_the_yes_before_it(cluster: Cluster) -> None:
    cluster.reviews.decide(LISTING)
    cluster.allowed = False
    cluster.pass_seconds(ALLOWED_SECONDS)
    cluster.reviews.decide(LISTING)
    cluster.away = True
    cluster.pass_seconds(DENIED_SECONDS)

    with pytest.raises(ClusterUnavailable):
        cluster.reviews.decide(LISTING)


def test_one_failure_answers_for_the_seconds_after_it(cluster: Cluster) -> None:
    """A page asks about many namespaces: it must not wait for the same outage many times."""
    cluster.away = True
    for namespace in ("a", "b", "c"):
        with pytest.raises(ClusterUnavailable, match="nobody there"):
            cluster.reviews.decide(Question(ALICE, "list", POD, namespace))
    asked = len(cluster.asked)
    cluster.away = False
    cluster.pass_seconds(AWAY_SECONDS)

    assert asked == 1
    assert cluster.reviews.decide(LISTING).decision.allowed


def test_who_waited_long_for_nothing_is_not_made_to_wait_again_at_once(cluster: Cluster) -> None:
    cluster.reviews.decide(LISTING)
    cluster.pass_seconds(ALLOWED_SECONDS + 1)
    cluster.away, cluster.takes_seconds = True, 3
    for _ in range(30):
        cluster.reviews.decide(LISTING)
        cluster.pass_seconds(1)

    assert len(cluster.asked) - 1 == 4  # after pauses of 2, 4 and 8 seconds


def test_an_answer_about_one_person_says_nothing_about_others(cluster: Cluster) -> None:
    cluster.away, cluster.status = True, 429
    with pytest.raises(ClusterUnavailable):
        cluster.reviews.decide(LISTING)
    cluster.away = False

    review = cluster.reviews.decide(Question(Identity("bob"), "list", POD, "vision"))

    assert review.decision.allowed


def test_while_one_waits_for_a_cluster_that_hangs_the_others_go_on_with_the_last_yes() -> None:
    hanging, asked = threading.Event(), threading.Event()
    clock, calls = [0.0], []

    def ask(question: Question) -> Decision:
        calls.append(question)
        if len(calls) <= 2:
            return Decision(True)
        asked.set()
        hanging.wait(10)
        raise ClusterUnavailable("no answer in time")

    reviews = Reviews(ask, clock=lambda: clock[0])
    other = Question(ALICE, "list", POD, "nlp")
    reviews.decide(LISTING)
    reviews.decide(other)
    clock[0] = ALLOWED_SECONDS + 1
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reviews.decide, LISTING)
        assert asked.wait(10)
        clock[0] += 2

        same, another = reviews.decide(LISTING), reviews.decide(other)

        hanging.set()
        assert first.result().uncertain
    assert same.uncertain
    assert another.uncertain
    assert len(calls) == 3


def test_many_threads_ask_once() -> None:
    asked = []
    first = threading.Event()
    go_on = threading.Event()

    def ask(question: Question) -> Decision:
        asked.append(question)
        first.set()
        go_on.wait(5)
        return Decision(True)

    reviews = Reviews(ask)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(reviews.decide, LISTING) for _ in range(8)]
        first.wait(5)
        go_on.set()
        found = [answer.result(5).decision.allowed for answer in answers]

    assert found == [True] * 8
    assert len(asked) == 1
