"""Events as client-go's recorders write them: counted, combined, and held to a budget."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from console.localcluster.machinery.kinds import EVENT
from console.localcluster.machinery.objects import Clock, clone, micros_text, new_uid, parse_time, seconds_text
from console.localcluster.store import Object, Store

# client-go tools/record/events_cache.go: a source may write 25 events about an object, then one each 300 s.
BURST = 25
REFILL_SECONDS = 300
# ...and the eleventh distinct message of one reason within 10 min is folded into "(combined from similar events)".
SIMILAR_EVENTS = 10
SIMILAR_WITHIN = timedelta(minutes=10)
CACHE_ENTRIES = 4096
# client-go tools/events: a series ends when its event was not seen for 6 min.
SERIES_WITHIN = timedelta(minutes=6)
EVENT_TTL = timedelta(hours=1)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


@dataclass(slots=True)
class _Similar:
    messages: set[str] = field(default_factory=set)
    at: datetime | None = None


@dataclass(slots=True)
class EventRecorder:
    """One for all sources; keeps per (source, object) what each client-go process would keep for itself."""

    store: Store
    clock: Clock
    _budgets: OrderedDict[tuple[str, str], _Bucket] = field(default_factory=OrderedDict)
    _similar: OrderedDict[tuple[str, ...], _Similar] = field(default_factory=OrderedDict)
    _written: OrderedDict[tuple[str, ...], str] = field(default_factory=OrderedDict)

    def record(
        self, reference: Object, *, type: str, reason: str, message: str, source: dict[str, str]
    ) -> Object | None:
        """The event written or counted up; None when the budget is spent."""
        now = self.clock()
        key = (source["component"], reference.get("uid", ""), reference.get("fieldPath", ""), type, reason)
        message = self._combined(key, message, now)
        if not self._within_budget((source["component"], reference.get("uid", "")), now):
            return None
        earlier = self._earlier(reference, (*key, message))
        if earlier:
            earlier["count"] = earlier.get("count", 1) + 1
            earlier["lastTimestamp"] = seconds_text(now)
            return self.store.put(EVENT.key, earlier)
        event = self._new(reference, type=type, reason=reason, message=message, now=now) | {
            "count": 1,
            "firstTimestamp": seconds_text(now),
            "lastTimestamp": seconds_text(now),
            "eventTime": None,
            "source": source,
            "reportingComponent": source["component"],
            "reportingInstance": source.get("host", ""),
        }
        return self._write((*key, message), event)

    def record_in_series(self, reference: Object, *, type: str, reason: str, message: str, component: str) -> Object:
        """The shape of the scheduler's events: eventTime and series, no count, an empty source."""
        now = self.clock()
        key = (component, reference.get("uid", ""), type, reason, message)
        earlier = self._earlier(reference, key)
        if earlier:
            series = earlier.get("series") or {"count": 1, "lastObservedTime": earlier["eventTime"]}
            if now - parse_time(series["lastObservedTime"]) < SERIES_WITHIN:
                earlier["series"] = {"count": series["count"] + 1, "lastObservedTime": micros_text(now)}
                return self.store.put(EVENT.key, earlier)
        event = self._new(reference, type=type, reason=reason, message=message, now=now) | {
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": micros_text(now),
            "source": {},
            "action": "Scheduling",
            "reportingComponent": component,
            "reportingInstance": component,
        }
        return self._write(key, event)

    def forget_expired(self) -> None:
        """Deletes the events not written to for an hour, as the real server's lease does."""
        oldest = self.clock() - EVENT_TTL
        for held in self.store.stored(EVENT.key):
            event = held.object
            last = (
                (event.get("series") or {}).get("lastObservedTime")
                or event.get("lastTimestamp")
                or event.get("eventTime")
            )
            if parse_time(last or event["metadata"]["creationTimestamp"]) < oldest:
                self.store.remove(EVENT.key, event["metadata"]["namespace"], event["metadata"]["name"])

    def _combined(self, key: tuple[str, ...], message: str, now: datetime) -> str:
        similar = _recent(self._similar, key, _Similar)
        if similar.at is None or now - similar.at > SIMILAR_WITHIN:
            similar.messages.clear()
        similar.at = now
        similar.messages.add(message)
        return f"(combined from similar events): {message}" if len(similar.messages) >= SIMILAR_EVENTS else message

    def _within_budget(self, key: tuple[str, str], now: datetime) -> bool:
        bucket = _recent(self._budgets, key, lambda: _Bucket(BURST, now))
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at).total_seconds() / REFILL_SECONDS)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _earlier(self, reference: Object, key: tuple[str, ...]) -> Object | None:
        name = self._written.get(key)
        held = self.store.get(EVENT.key, reference.get("namespace") or "default", name) if name else None
        return clone(held) if held else None

    def _new(self, reference: Object, *, type: str, reason: str, message: str, now: datetime) -> Object:
        metadata: dict[str, Any] = {
            "name": f"{reference['name']}.{time.time_ns():x}",
            "namespace": reference.get("namespace") or "default",
            "creationTimestamp": seconds_text(now),
        }
        event = {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": reference}
        return event | {"type": type, "reason": reason, "message": message[:1024]}

    def _write(self, key: tuple[str, ...], event: Object) -> Object:
        event["metadata"]["uid"] = new_uid()
        self._written[key] = event["metadata"]["name"]
        self._written.move_to_end(key)
        if len(self._written) > CACHE_ENTRIES:
            self._written.popitem(last=False)
        return self.store.put(EVENT.key, event)


def _recent(cache: OrderedDict[Any, Any], key: Any, make: Any) -> Any:
    """cache[key], made when missing; the least recently used one goes when the cache is full."""
    value = cache.get(key)
    if value is None:
        value = cache[key] = make()
        if len(cache) > CACHE_ENTRIES:
            cache.popitem(last=False)
    else:
        cache.move_to_end(key)
    return value


def reference_to(obj: Object, *, field_path: str = "") -> Object:
    """involvedObject of an event about `obj` (which may already be such a reference)."""
    if "metadata" not in obj:
        return {**obj, "fieldPath": field_path} if field_path else obj
    metadata = obj["metadata"]
    reference = {
        "kind": obj.get("kind", ""),
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata.get("uid", ""),
        "apiVersion": obj.get("apiVersion", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
        "fieldPath": field_path,
    }
    return {key: value for key, value in reference.items() if value}
