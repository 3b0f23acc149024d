"""Whether anybody is at the other end: streams cannot tell a quiet cluster from one that hangs, for two minutes."""

import asyncio

from console.cluster import requests
from console.cluster.answers import manifest_of
from console.cluster.errors import ClusterError, ClusterUnavailable
from console.cluster.streams import read_page


async def require_answer(*, seconds: float = 5) -> None:
    """Return when the API server answers anything within the seconds. Raises ClusterUnavailable."""
    call = requests.version()
    try:
        async with asyncio.timeout(seconds):
            manifest_of(await read_page(call, silence=seconds), words=call.words)
    except TimeoutError as exc:
        raise ClusterUnavailable(f"{call.words}: no answer within {seconds:g} s") from exc
    except ClusterError as exc:
        if not exc.status:  # a refusal is an answer, too
            raise ClusterUnavailable(str(exc)) from exc
