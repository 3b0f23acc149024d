"""For every test: what it starts hears the signals that it is sent."""

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Behind `nohup`, or in the background of a script, a run inherits signals that are ignored, and so do its children.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
