import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand

from console.index.leader import Deposed, Leadership, Lock, lock_of_this_index
from console.index.wakeup import Bell
from tasks.observe.watcher import Watcher

logger = logging.getLogger(__name__)

LOCK_POLL_SECONDS = 0.5


class Command(BaseCommand):
    """Only one of them writes; start two, and the second waits until the first is gone."""

    help = "Watch the cluster and keep the index: tasks, pods, events, and the feed behind the live pages."
    requires_system_checks = []  # they would load every page of the console: 20 MB for nothing

    def handle(self, *args: Any, **options: Any) -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        with asyncio.Runner() as runner, ThreadPoolExecutor(1, thread_name_prefix="index") as writer:
            try:
                runner.run(_watch_until_stopped(writer))
            except asyncio.CancelledError:
                logger.info("Stopped.")


async def _watch_until_stopped(writer: ThreadPoolExecutor) -> None:
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, this.cancel if this else loop.stop)
    bell = Bell()
    while True:
        lock = await loop.run_in_executor(writer, lock_of_this_index)
        await _take(lock, writer)
        leadership = await loop.run_in_executor(writer, Leadership, lock)
        logger.info("Watching, epoch %d.", leadership.epoch)
        try:
            await Watcher(leadership=leadership, writer=writer, bell=bell).run()
        except* Deposed as group:
            logger.warning("Another watcher has taken over: %s.", group.exceptions[0])
        finally:
            await loop.run_in_executor(writer, leadership.release)


async def _take(lock: Lock, writer: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    waiting = False
    while not await loop.run_in_executor(writer, lock.try_to_take):
        if not waiting:
            logger.info("Another watcher is at work; waiting.")
        waiting = True
        await asyncio.sleep(LOCK_POLL_SECONDS)
