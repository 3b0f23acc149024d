"""Words for why a text is no manifest that can be imported."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.importing import Fault, FaultCode
from tasks.specification.text import visible

WORDS: Mapping[FaultCode, str | Promise] = {
    FaultCode.EMPTY: _("There is no manifest in it."),
    FaultCode.TOO_LARGE: _("It is larger than %(maximum)s KiB."),
    FaultCode.TOO_DEEP: _("It is nested deeper than %(maximum)s levels."),
    FaultCode.TOO_MANY_NODES: _("It has more than %(maximum)s values."),
    FaultCode.ENCODING: _("This is not UTF-8. Save the file as UTF-8 and try again."),
    FaultCode.CHARACTER: _("The character %(character)s is not allowed here."),
    FaultCode.SYNTAX: _("This cannot be read as YAML or JSON: %(problem)s"),
    FaultCode.ALIAS: _("Anchors and aliases (“%(name)s”) are not taken. Write out what they stand for."),
    FaultCode.TAG: _("The tag %(tag)s is not taken. Leave it out."),
    FaultCode.MERGE_KEY: _("The merge key “<<” is not taken. Write out what it stands for."),
    FaultCode.DUPLICATE_KEY: _("The key “%(key)s” is there twice."),
    FaultCode.KEY_TYPE: _("A key has to be a word."),
    FaultCode.NUMBER: _("%(value)s is no number that a manifest can hold."),
    FaultCode.NOT_AN_OBJECT: _("A manifest is an object of fields; this is something else."),
}


def reason_of_fault(fault: Fault) -> str:
    """What is wrong with the text, in the language of the request, for a page that says the place itself."""
    shown = {name: visible(value) if isinstance(value, str) else value for name, value in fault.parameters.items()}
    return str(WORDS[fault.code]) % shown


def words_of_fault(fault: Fault) -> str:
    """What is wrong with the text, and where, in the language of the request."""
    words = reason_of_fault(fault)
    if fault.code in (FaultCode.EMPTY, FaultCode.TOO_LARGE):
        return words
    return gettext("Line %(line)s, column %(column)s: %(words)s") % {
        "line": fault.line,
        "column": fault.column,
        "words": words,
    }
