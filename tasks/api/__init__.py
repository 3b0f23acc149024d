"""The REST API, /api/v1/: the same queries and actions as the pages, in JSON. docs/api.md, docs/openapi.yaml."""
