"""Tell web processes that there is something new: best effort, beside their poll each second."""

import logging

import redis
from django.conf import settings

CHANNEL = "changes"

logger = logging.getLogger(__name__)


class Bell:
    """Rung after each commit. Without a Valkey it is silent, and pages are up to a second later."""

    def __init__(self) -> None:
        self._client = redis.Redis.from_url(
            settings.VALKEY_URL, socket_connect_timeout=0.5, socket_timeout=0.5, protocol=2
        )
        self._broken = False

    def ring(self) -> None:
        try:
            self._client.publish(CHANNEL, "")
        except (redis.RedisError, OSError) as exc:
            if not self._broken:
                logger.warning("Cannot wake the live pages (%s); they look by themselves each second.", exc)
            self._broken = True
        else:
            self._broken = False

    def close(self) -> None:
        self._client.close()
