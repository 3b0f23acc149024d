"""The API server behind its HTTP: kinds, admission, verbs, rights. Knows no HTTP."""
