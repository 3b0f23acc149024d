"""The product's settings with a state folder of the test run's own, so that no test meets anybody's real state."""

import atexit
import os
import shutil
import tempfile

if "TRAINYARD_STATE" not in os.environ:
    _state = os.environ["TRAINYARD_STATE"] = tempfile.mkdtemp(prefix="trainyard-tests-")
    _maker = os.getpid()
    atexit.register(lambda: os.getpid() == _maker and shutil.rmtree(_state, ignore_errors=True))

from console.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: these passwords guard nothing
