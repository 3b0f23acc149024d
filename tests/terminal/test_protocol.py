import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal import protocol
from terminal.protocol import Ack, Attach, BadFrame, End, Gap, Hello, Limits, Ping, Resize, Stdin


def test_each_frame_of_the_browser_is_understood() -> None:
    assert protocol.decode(b"\x00ls\r") == Stdin(b"ls\r")
    assert protocol.decode(b"\x04" + struct.pack(">HH", 80, 24)) == Resize(80, 24)
    assert protocol.decode(b"\x05" + struct.pack(">Q", 2**40)) == Ack(2**40)
    assert protocol.decode(b"\x06\x00\x00\x00\x07") == Ping(b"\x00\x00\x00\x07")
    assert protocol.decode(b"\x08") == End()
    attach = json.dumps({"ticket": "t", "session": "s", "have_offset": None, "cols": 80, "rows": 24}).encode()
    assert protocol.decode(b"\x07" + attach) == Attach(ticket="t", session="s", cols=80, rows=24)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x01output is ours",
        b"\x02",
        b"\xff\x00",
        b"\x00" + b"x" * (16 * 1024 + 1),
        b"\x04\x00\x50\x00",  # too short
        b"\x04\x00\x00\x00\x18",  # 0 columns
        b"\x04\xff\xff\x00\x18",  # more columns than a tty of ours has
        b"\x05\x00",
        b"\x06\x00\x00\x00\x00\x00",
        b"\x07{}",
        b"\x07not json",
        b"\x07\xff\xfe",
        b'\x07{"ticket":"t","cols":80,"rows":24,"extra":1}',
        b'\x07{"ticket":"t","cols":"80","rows":24}',
        b'\x07{"ticket":"t","cols":80,"rows":24,"have_offset":-1}',
        b"\x08x",
    ],
)
def test_anything_else_is_refused(frame: bytes) -> None:
    with pytest.raises(BadFrame):
        protocol.decode(frame)


@given(st.binary(max_size=200))
def test_no_frame_at_all_does_more_than_be_refused(frame: bytes) -> None:
    with contextlib.suppress(BadFrame):
        assert protocol.decode(frame) is not None


def test_what_the_relay_says_can_be_read_by_its_names() -> None:
    limits = Limits(idle_seconds=1800, ends_at=1.5)
    hello = Hello(
        session="s", base_offset=7, replay_until=9, window=3, resumed=True, started=True, reset=False, limits=limits
    )

    frame = protocol.hello(hello)

    assert frame[0] == 7
    assert json.loads(frame[1:])["base_offset"] == 7
    assert json.loads(protocol.gap(Gap(start=1, to=5, why="interrupted"))[1:]) == {
        "from": 1,
        "to": 5,
        "why": "interrupted",
    }
    assert json.loads(protocol.notice("closing", seconds=120)[1:]) == {"code": "closing", "seconds": 120}
    assert protocol.output(b"\x00\xff") == b"\x01\x00\xff"
