import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.flow import OutputFlow
from terminal.protocol import Kind
from terminal.scrollback import Scrollback

TEXT = "naïve — 你好 🎓 👩‍🔬 é\r\n".encode()


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=40), st.integers(1, 64))
def test_the_scrollback_holds_exactly_the_last_bytes(chunks: list[bytes], capacity: int) -> None:
    held = Scrollback(capacity)
    for chunk in chunks:
        held.append(chunk)

    everything = b"".join(chunks)
    assert held.read(held.start, capacity) == everything[-capacity:] if everything else held.end == 0
    assert held.end == len(everything)


def test_an_offset_that_is_not_held_is_an_error() -> None:
    held = Scrollback(4)
    held.append(b"abcdefgh")

    with pytest.raises(ValueError, match="not within"):
        held.read(3, 1)


def test_a_replay_begins_at_a_line_or_at_least_at_a_character() -> None:
    held = Scrollback(100)
    held.append(b"first\nsecond\n")
    assert held.read(held.line_start(2), 100) == b"second\n"

    held = Scrollback(100)
    held.append("x你好".encode())
    assert held.read(held.line_start(2), 100).decode() == "好"


@pytest.mark.parametrize("cut", range(1, len(TEXT)))
def test_every_cut_of_a_text_arrives_as_the_same_bytes(cut: int) -> None:
    flow = OutputFlow()
    sent = b""
    for part in (TEXT[:cut], TEXT[cut:]):
        flow.append(part)
        while frame := flow.next_frame():
            sent += frame[1:]

    assert sent == TEXT


def test_no_more_than_a_window_is_sent_without_acks() -> None:
    flow = OutputFlow(window=100, capacity=1000)
    flow.append(b"x" * 500)

    sent = drain(flow)

    assert len(sent) == 100
    assert flow.in_flight == 100
    flow.ack(60)
    assert len(drain(flow)) == 60


@given(st.data())
def test_acks_that_are_lost_doubled_late_or_made_up_never_stall_or_overrun(data: st.DataObject) -> None:
    flow = OutputFlow(window=100, capacity=400)
    parsed, received = 0, b""
    source = bytes(range(256)) * 4
    given_bytes = 0
    while given_bytes < len(source):
        step = data.draw(st.integers(1, 60))
        flow.append(source[given_bytes : given_bytes + step])
        given_bytes = min(len(source), given_bytes + step)
        received += drain(flow)
        for _ in range(data.draw(st.integers(0, 2))):
            flow.ack(data.draw(st.integers(0, len(received) + 50)) if data.draw(st.booleans()) else parsed)
        parsed = len(received)
        flow.ack(parsed)
        assert 0 <= flow.in_flight <= 100
        received += drain(flow)
        flow.ack(len(received))
    received += drain(flow)

    assert received == source


def test_a_browser_behind_the_scrollback_is_told_what_it_missed() -> None:
    flow = OutputFlow(window=50, capacity=100)
    flow.append(b"a" * 50)
    drain(flow)
    flow.append(b"b" * 300 + b"\nlast line\n")
    flow.ack(50)

    frame = flow.next_frame()

    assert frame[0] == Kind.GAP
    gap = json.loads(frame[1:])
    assert (gap["from"], gap["why"]) == (50, "overwritten")
    assert drain(flow) == b"last line\n"


def test_after_an_interrupt_only_the_last_lines_are_sent() -> None:
    flow = OutputFlow(window=64 * 1024)
    flow.append(b"y\n" * 100_000)
    drain(flow)

    gap = json.loads(flow.skip_to_tail()[1:])

    assert (gap["from"], gap["why"]) == (64 * 1024, "interrupted")
    assert flow.in_flight == 64 * 1024, "what the browser still has to parse counts, what was skipped does not"
    flow.ack(64 * 1024)
    assert drain(flow) == b"y\n" * ((200_000 - gap["to"]) // 2)
    flow.ack(200_000)
    assert flow.in_flight == 0


def test_a_returning_browser_gets_exactly_what_it_lacks() -> None:
    flow = OutputFlow(capacity=100)
    flow.append(b"0123456789")
    drain(flow)
    flow.append(b"abc")

    assert flow.attach(10) == (10, False)
    assert drain(flow) == b"abc"


@pytest.mark.parametrize("have", [None, 3, 10_000])
def test_a_browser_with_another_screen_starts_again_at_a_line(have: int | None) -> None:
    flow = OutputFlow(capacity=100)
    flow.append(b"x" * 150 + b"\nprompt")

    assert flow.attach(have) == (151, True)
    assert drain(flow) == b"prompt"


def drain(flow: OutputFlow) -> bytes:
    sent = b""
    while (frame := flow.next_frame()) and frame[0] == Kind.OUTPUT:
        sent += frame[1:]
    return sent
