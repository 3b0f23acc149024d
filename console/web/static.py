from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Static files under hashed names, JavaScript modules included (`import` statements are rewritten)."""

    support_js_module_import_aggregation = True
