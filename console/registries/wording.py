"""What is wrong with a registry, in words for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.registries.troubles import Code, Trouble

_WORDS: dict[Code, str | Promise] = {
    Code.UNREACHABLE: _("The registry cannot be reached."),
    Code.NO_ANSWER: _("The registry does not answer."),
    Code.NAME_UNKNOWN: _("The registry does not answer: no address is known for its name."),
    Code.TLS: _("The certificate of the registry is not trusted. Its authority can be entered in the settings."),
    Code.ADDRESS: _(
        "The registry is not asked: %(detail)s leads to an internal address. Whoever runs the console can allow it "
        "(TRAINYARD_REGISTRY_HOSTS)."
    ),
    Code.DENIED: _("The registry refuses: it wants other credentials, or there is no such image."),
    Code.NOT_FOUND: _("The registry has no such image."),
    Code.LIMITED: _("The registry takes no more requests for now. It can be asked again in %(seconds)s s."),
    Code.TOO_LARGE: _("The answer of the registry is too large."),
    Code.BAD_ANSWER: _("What answers there is no registry, or it answers wrongly."),
    Code.REDIRECT: _("The registry sends us to %(detail)s, which is not among its hosts for blobs."),
    Code.REALM: _("The registry wants its tokens fetched at %(detail)s, which is not its token host."),
    Code.FAILED: _("The registry failed (HTTP %(detail)s)."),
    Code.NO_CATALOGUE: _("The registry does not list its images. Repositories can be named in its settings."),
    Code.SECRET_MISSING: _("There is no Secret %(detail)s in the namespace."),
    Code.SECRET_DENIED: _("You may not read the Secret %(detail)s, which has the credentials."),
    Code.SECRET_OTHER: _("The Secret %(detail)s has no credentials for this registry."),
    Code.KEY_LOST: _("The stored password cannot be decrypted any more. Enter it again in the settings."),
    Code.CLUSTER_AWAY: _("The cluster does not answer, so the credentials cannot be read."),
    Code.NOT_CONFIGURED: _("%(detail)s is not a configured registry, so it is not asked."),
    Code.FAULT: _("The registry could not be asked. What happened was written to the console's log."),
}


def words_of(trouble: Trouble) -> str:
    return str(_WORDS[trouble.code]) % {"detail": trouble.detail or "?", "seconds": trouble.retry_after_seconds}
