from tests.verification.fixtures import admin, console_credentials, place  # noqa: F401
