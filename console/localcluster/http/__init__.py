"""The HTTPS front of the API: routes, identity, negotiation, streams."""
