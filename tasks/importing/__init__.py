"""Manifests that come from outside: from text to documents, each finding with its line. Pure: no Django, no cluster."""

from tasks.importing.documents import Document, Parsed, parse_documents
from tasks.importing.faults import Fault, FaultCode
from tasks.importing.scalars import TEXT_MAX_BYTES

__all__ = ["TEXT_MAX_BYTES", "Document", "Fault", "FaultCode", "Parsed", "parse_documents"]
