"""What people typed, encrypted where it is stored: whoever copies the database or a backup of it reads nothing.

The keys are in the settings (DRAFT_KEYS): the first one encrypts, each of them decrypts, so that keys can be changed.
"""

import base64
import hashlib
import json
import logging
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class Unreadable(dict[str, Any]):
    """Stands for a value whose key is gone: an empty object that is written back as it was found."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def __reduce__(self) -> tuple[type["Unreadable"], tuple[str]]:
        return Unreadable, (self.token,)


class SealedJSONField(_TextField):
    """JSON, in the database as a Fernet token of its compressed text. It cannot be searched or ordered by.

    A value that none of the keys opens reads as `Unreadable`.
    """

    def from_db_value(self, value: str | None, *_context: object) -> Any:
        return None if value is None else unseal(value)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else seal(value)

    def value_to_string(self, obj: models.Model) -> str:
        return seal(self.value_from_object(obj))


def seal(value: Any) -> str:
    """JSON as a token."""
    if isinstance(value, Unreadable):
        return value.token
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Level 1, as for the manifests of the index: a third of the size in a twentieth of a millisecond.
    return _box(tuple(settings.DRAFT_KEYS)).encrypt(zlib.compress(text.encode("utf-8", "surrogatepass"), 1)).decode()


def unseal(token: str) -> Any:
    """The JSON of a token; `Unreadable` where no key opens it."""
    try:
        packed = _box(tuple(settings.DRAFT_KEYS)).decrypt(token)
    except InvalidToken:
        _log.warning("A stored value cannot be decrypted: was one of TRAINYARD_DRAFT_KEYS removed?")
        return Unreadable(token)
    return json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))


@lru_cache(maxsize=8)
def _box(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(secret: str) -> bytes:
    """Any long random text makes a key: `openssl rand -base64 48` is as good as Fernet's own generator."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest())
