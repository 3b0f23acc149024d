import pytest

from console.cluster import Identity, UnusableIdentity, connect, follow_log, open_exec
from console.cluster.identity import headers_for


@pytest.mark.parametrize(
    "groups",
    [(), ("one",), ("one", "two", "three"), ("a,b",), ("视觉组",)],
    ids=["none", "one", "three", "comma", "chinese"],
)
def test_each_group_is_a_header_of_its_own(groups: tuple[str, ...]) -> None:
    headers = headers_for(Identity("alice", groups))

    assert headers == [("Impersonate-User", "alice"), *(("Impersonate-Group", group) for group in groups)]


HOSTILE = [
    "",
    " ",
    "system:masters",
    "SYSTEM:masters",
    " system:masters",
    "system:masters ",
    "\tsystem:masters",
    "system:kube-controller-manager",
    "system:serviceaccount:kube-system:default",
    "system:",
    "ｓystem:masters",  # full width
    "system：masters",  # full-width colon
    "\u200bsystem:masters",
    "alice\r\nImpersonate-Group: system:masters",
    "alice\x00",
    "\u202esretsam:metsys",
    "a" * 254,
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_hostile_name_is_sent_as_user_or_group(name: str) -> None:
    with pytest.raises(UnusableIdentity):
        connect(acting_as=Identity(name))
    with pytest.raises(UnusableIdentity):
        connect(acting_as=Identity("alice", ("team-vision", name)))


async def test_streams_refuse_them_too() -> None:
    masters = Identity("alice", ("system:masters",))
    with pytest.raises(UnusableIdentity):
        await anext(aiter(follow_log("vision", "pod", container="main", acting_as=masters)))
    with pytest.raises(UnusableIdentity):
        async with open_exec(
            "vision", "pod", container="main", command=["sh"], acting_as=masters, tty=False, stdin=False
        ):
            pass


@pytest.mark.parametrize("name", ["alice", "oidc:alice@example.org", "a+b", "张伟", "team, the second", "my-system:x"])
def test_names_of_people_pass(name: str) -> None:
    assert headers_for(Identity(name, (name,)))
