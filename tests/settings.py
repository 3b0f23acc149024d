"""The product's settings with a state folder of the test run's own, so that no test meets anybody's real state."""

import os
import tempfile

os.environ.setdefault("TRAINYARD_STATE", tempfile.mkdtemp(prefix="trainyard-tests-"))

from console.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick: these passwords guard nothing
