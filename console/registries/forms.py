"""The form of a registry, for administrators and for people of a namespace: what is typed and checked becomes a row."""

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from console.registries.addresses import addresses_of
from console.registries.endpoint import HUB_ADDRESS, parse_origin
from console.registries.models import Kind, Registry, Tab
from console.registries.opening import reach_of
from console.registries.references import is_host, is_repository
from console.registries.troubles import RegistryTrouble
from console.registries.wording import words_of

REQUIRED = _("Fill this in.")  # as everywhere
REPOSITORIES_MAX = 500
HOSTS_MAX = 20
CA_CHARACTERS_MAX = 64 * 1024
_CODE = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off", "class": "font-monospace"}


class LineField(forms.CharField):
    """One line of text, without characters that cannot be seen."""

    def __init__(self, *, maximum: int, code: bool = True, **kwargs: Any) -> None:
        self.maximum = maximum
        kwargs.setdefault("widget", forms.TextInput(attrs=_CODE if code else {"autocomplete": "off"}))
        super().__init__(**{"required": False, "error_messages": {"required": REQUIRED}, **kwargs})
        self.validators = []  # ours say more

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        _refuse_invisible(text)
        if len(text) > self.maximum:
            raise ValidationError(
                _("At most %(maximum)s characters; these are %(length)s."),
                params={"maximum": self.maximum, "length": len(text)},
            )
        return text


class NamesField(forms.CharField):
    """Names, one a line; each once, in the order that they were typed."""

    def __init__(self, *, most: int, is_name: Any, wrong: Any, **kwargs: Any) -> None:
        self.most, self.is_name, self.wrong = most, is_name, wrong
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2, **_CODE}), **kwargs)
        self.validators = []

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = str(super().to_python(value)).replace("\r", "\n").split("\n")
        names = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if len(names) > self.most:
            raise ValidationError(_("Use at most %(maximum)s lines."), params={"maximum": self.most})
        for name in names:
            _refuse_invisible(name)
            if not self.is_name(name):
                raise ValidationError(self.wrong, params={"name": name[:80]})
        return names


def _refuse_invisible(text: str) -> None:
    for character in text:
        if not character.isprintable():
            raise ValidationError(
                _("The character %(character)s is not allowed: it is invisible or changes how text reads."),
                params={"character": f"U+{ord(character):04X}"},
            )


def _is_host_pattern(text: str) -> bool:
    return len(text) <= 255 and is_host(text.removeprefix("*."))


class RegistryForm(forms.Form):
    use_required_attribute = False

    title = LineField(label=_("Title"), maximum=64, required=True, code=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (Kind.V2, _("Registry (Harbor, GitLab, Quay, docker-registry, …)")),
            (Kind.HUB, _("Docker Hub or a mirror of it")),
        ],
        initial=Kind.V2,
        required=False,
    )
    address = LineField(
        label=_("Address"),
        maximum=280,
        help_text=_("Scheme, host and port, such as https://harbor.example.com."),
    )
    tab = forms.ChoiceField(
        label=_("Offered under"),
        choices=[(Tab.SHARED, _("Shared images")), (Tab.OFFICIAL, _("Docker official images: their versions"))],
        initial=Tab.SHARED,
        required=False,
    )
    folder = LineField(
        label=_("Repository prefix"),
        maximum=255,
        help_text=_("Only images below it, such as team-a or team-a/models. Empty: all of them."),
    )
    repositories = NamesField(
        label=_("Repositories"),
        most=REPOSITORIES_MAX,
        is_name=is_repository,
        wrong=_("“%(name)s” is not the name of a repository."),
        help_text=_("One a line, without the host. Empty: what the registry itself lists; Docker Hub lists nothing."),
    )
    pull_secret = LineField(
        label=_("Pull Secret"),
        maximum=253,
        help_text=_(
            "A Secret of the namespace of type kubernetes.io/dockerconfigjson. It is read each time as the person who "
            "looks; nothing of it is stored. Empty: the registry is asked without credentials."
        ),
    )
    username = LineField(label=_("User name"), maximum=255)
    password = forms.CharField(
        label=_("Password or token"),
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    ca_certificate = forms.CharField(
        label=_("CA certificate"),
        required=False,
        max_length=CA_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "-----BEGIN CERTIFICATE-----", **_CODE}),
        help_text=_("PEM. Only where the certificate of the registry is not signed by a known authority."),
    )
    token_host = LineField(
        label=_("Token host"),
        maximum=255,
        help_text=_("Where the registry sends us for tokens, if that is another host: auth.example.com."),
    )
    blob_hosts = NamesField(
        label=_("Hosts for blobs"),
        most=HOSTS_MAX,
        is_name=_is_host_pattern,
        wrong=_("“%(name)s” is not a host: write storage.example.com or *.example.com."),
        help_text=_("One a line. Where the registry redirects to for content. Other redirects are not followed."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, registry: Registry) -> None:
        """`registry`: the row, saved or new; its namespace says whose it is."""
        super().__init__(data, auto_id="id_%s", initial=_initial(registry))
        self.registry = registry
        self._stored = Registry.objects.filter(pk=registry.pk).first() if registry.pk else None
        for name in _FIELDS_OF_CONSOLE if registry.namespace else _FIELDS_OF_NAMESPACE:
            del self.fields[name]
        if registry.namespace:
            self.fields["pull_secret"].widget.attrs["list"] = "registry-secrets"
        else:
            self.fields["address"].help_text = _(
                "Scheme, host and port, such as https://harbor.example.com. For Docker Hub itself it may be empty."
            )
        if registry.password and not registry.namespace:
            self.fields["password"].help_text = _("One is stored, encrypted. Empty: it stays; it is never shown.")

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        others = Registry.objects.filter(namespace=self.registry.namespace, title=title).exclude(pk=self.registry.pk)
        if others.exists():
            raise ValidationError(_("Another registry here is called so."))
        return title

    def clean_folder(self) -> str:
        prefix = str(self.cleaned_data["folder"]).strip("/")
        if prefix and not is_repository(prefix):
            raise ValidationError(_("Write it as the repositories are called: team-a, team-a/models."))
        return prefix

    def clean_token_host(self) -> str:
        host = str(self.cleaned_data["token_host"]).lower()
        if host and not is_host(host):
            raise ValidationError(_("Write a host, without scheme and path: auth.example.com."))
        return host

    def clean_ca_certificate(self) -> str:
        text = str(self.cleaned_data["ca_certificate"]).strip()
        if "PRIVATE KEY" in text:
            raise ValidationError(_("This is a private key. Enter the certificate alone."))
        try:
            if text:
                x509.load_pem_x509_certificates(text.encode())
        except ValueError:
            raise ValidationError(_("This is no certificate in PEM.")) from None
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_hub = data.get("kind") == Kind.HUB
        if "address" in data:
            self._clean_address(data, is_hub=is_hub)
        if data.get("tab") == Tab.OFFICIAL and not is_hub:
            self.add_error("tab", _("Docker official images come from Docker Hub or a mirror of it: choose that kind."))
        if data.get("password") and not data.get("username"):
            self.add_error("username", _("A password needs a user name. For a token, see what the registry says."))
        if self._goes_elsewhere(data):
            self.add_error("password", _("Enter it again: it was stored for another address."))
        return data

    def _goes_elsewhere(self, data: Mapping[str, Any]) -> bool:
        """Whether the stored password would be sent to a host that it was not entered for."""
        row = self._stored
        if not row or not row.password or data.get("password") or not data.get("username"):
            return False
        return (data.get("address"), data.get("token_host")) != (row.address, row.token_host)

    def _clean_address(self, data: dict[str, Any], *, is_hub: bool) -> None:
        typed = data["address"] or (HUB_ADDRESS if is_hub else "")
        origin = parse_origin(typed) if typed.isascii() else None
        if not typed:
            self.add_error("address", REQUIRED)
        elif origin is None:
            self.add_error("address", _("Write scheme, host and port alone: https://harbor.example.com:8443."))
        else:
            data["address"] = origin.url
            if words := _never_asked(origin.host, origin.port, self.row()):
                self.add_error("address", words)

    def row(self) -> Registry:
        """The registry with what is typed, not saved. Only of a form whose fields were cleaned."""
        data, registry = self.cleaned_data, self.registry
        for name in ("title", "repositories", "ca_certificate", "token_host", "blob_hosts"):
            setattr(registry, name, data.get(name, getattr(registry, name)))
        registry.prefix = data.get("folder", registry.prefix)
        registry.address = data.get("address") or registry.address
        if registry.namespace:
            registry.kind, registry.tab = Kind.V2, Tab.MINE
            registry.pull_secret = data.get("pull_secret", "")
            return registry
        registry.kind, registry.tab = data.get("kind") or Kind.V2, data.get("tab") or Tab.SHARED
        registry.username = data.get("username", "")
        if not registry.username:
            registry.password = None
        elif data.get("password"):
            registry.password = data["password"]
        return registry


_FIELDS_OF_CONSOLE = ("kind", "tab", "username", "password")
_FIELDS_OF_NAMESPACE = ("pull_secret",)


def _initial(registry: Registry) -> dict[str, Any]:
    names = ("title", "kind", "address", "tab", "pull_secret", "username", "ca_certificate", "token_host")
    found = {name: getattr(registry, name) for name in names}
    return found | {
        "folder": registry.prefix,
        "repositories": "\n".join(registry.repositories),
        "blob_hosts": "\n".join(registry.blob_hosts),
    }


def _never_asked(host: str, port: int, registry: Registry) -> str:
    """Why this address is not asked, if it is written as numbers; a name is judged when it is looked up."""
    try:
        addresses_of(host, port, reach_of(registry), 0, lambda _host, _port: ["1.1.1.1"])
    except RegistryTrouble as exc:
        return words_of(exc.trouble)
    return ""
