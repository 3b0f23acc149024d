"""The streams behind live pages: plain ASGI under /live/, beside Django's own (which costs 5x the CPU)."""

from tasks.live.application import live_application

__all__ = ["live_application"]
