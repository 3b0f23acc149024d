"""Tell web processes that there is something new: best effort, beside their poll each second."""

import asyncio
import logging
from collections.abc import AsyncIterator

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


async def rings(*, retry_seconds: float = 5) -> AsyncIterator[None]:
    """Yield each time the bell is rung, for ever: one subscription a process. Silent while there is no Valkey."""
    from redis import asyncio as redis_asyncio  # not for the watcher, which only rings

    while True:
        client = redis_asyncio.Redis.from_url(settings.VALKEY_URL, socket_connect_timeout=0.5, protocol=2)
        try:
            async with client, client.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                async for message in subscription.listen():
                    if message["type"] == "message":
                        yield
        except (redis.RedisError, OSError) as exc:
            logger.warning("Cannot hear of changes at once (%s); looking each second.", exc)
        await asyncio.sleep(retry_seconds)
