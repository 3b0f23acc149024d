"""Manifests from outside: the text itself, and the page that makes a draft of it."""

import json
import re
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tasks.frameworks.building import build
from tasks.importing import FaultCode, parse_documents
from tasks.models import Draft
from tasks.queries.checked import checked_draft
from tests.tasks.specifications import MODES, spec

BOMB = "a: &a [x,x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))


def manifest(framework: str = "pytorch", mode: str = "distributed", **changes: Any) -> dict[str, Any]:
    return plain(build(spec(framework, mode, **changes), operation="0", owner="alice"))


def plain(made: Any) -> dict[str, Any]:
    """Without objects that stand in it twice: those would be written as aliases."""
    copied: dict[str, Any] = json.loads(json.dumps(made))
    return copied


# --- the text


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", FaultCode.EMPTY, 1, 1),
        ("---\n# nothing\n---\n", FaultCode.EMPTY, 1, 1),
        ("a: " + "x" * 262_144, FaultCode.TOO_LARGE, 1, 1),
        (BOMB, FaultCode.ALIAS, 1, 4),
        ("a: *b", FaultCode.ALIAS, 1, 4),
        ("a: !!python/object/apply:os.system [ls]", FaultCode.TAG, 1, 4),
        ("a: !!binary aGk=", FaultCode.TAG, 1, 4),
        ("a: !x y", FaultCode.TAG, 1, 4),
        ("a:\n  <<: {b: 1}", FaultCode.MERGE_KEY, 2, 3),
        ("a: 1\nimage: x\nimage: y", FaultCode.DUPLICATE_KEY, 3, 1),
        ('{"a": 1,\n "a": 2}', FaultCode.DUPLICATE_KEY, 2, 2),
        ("[" * 33 + "]" * 33, FaultCode.TOO_DEEP, 1, 33),
        ("[" * 100_000, FaultCode.TOO_DEEP, 1, 33),
        ('{"a":' * 40_000, FaultCode.TOO_DEEP, 1, 161),
        ("".join(f"k{n}: 1\n" for n in range(20_001)), FaultCode.TOO_MANY_NODES, 20_000, 9),
        ("a:\n\tb: 1", FaultCode.SYNTAX, 2, 1),
        ('{"a": tru}', FaultCode.SYNTAX, 1, 7),
        ('{"a": 1', FaultCode.SYNTAX, 1, 8),
        ('{"a": NaN}', FaultCode.SYNTAX, 1, 7),
        ('{"a": 1e999}', FaultCode.NUMBER, 1, 7),
        ('{"a": ' + "9" * 5000 + "}", FaultCode.NUMBER, 1, 7),
        ("a: .inf", FaultCode.NUMBER, 1, 4),
        ("a: 18446744073709551616", FaultCode.NUMBER, 1, 4),
        ("a: x\0y", FaultCode.CHARACTER, 1, 5),
        ('{"a": "\\u0000"}', FaultCode.CHARACTER, 1, 7),
        ('{"a": "\\ud800"}', FaultCode.CHARACTER, 1, 7),
        ("a: \ud800", FaultCode.CHARACTER, 1, 4),
        ("b: 1\na: é".encode("latin-1"), FaultCode.ENCODING, 2, 4),
        ("a: b".encode("utf-16"), FaultCode.ENCODING, 1, 1),
        ("[1, 2]", FaultCode.NOT_AN_OBJECT, 1, 1),
        ('"null"', FaultCode.NOT_AN_OBJECT, 1, 1),
        ("? [a]\n: b", FaultCode.KEY_TYPE, 1, 3),
    ],
)
def test_a_text_that_is_not_taken_says_why_and_where(
    text: str | bytes, code: FaultCode, line: int, column: int
) -> None:
    parsed = parse_documents(text)

    assert parsed.documents == ()
    [fault] = parsed.faults
    assert (fault.code, fault.line) == (code, line)
    assert abs(fault.column - column) <= 1


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", True),
        ("off", False),
        ("true", True),
        ("~", None),
        ("", None),
        ("0644", 420),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("1e3", 1000),
        ("2.0", 2),
        ("1e30", 1e30),
        ("1.8", 1.8),
        ("v1", "v1"),
        ("'yes'", "yes"),
        ('"0644"', "0644"),
    ],
)
def test_words_without_quotes_mean_what_they_mean_to_kubectl(word: str, value: object) -> None:
    [document] = parse_documents(f"a: {word}").documents

    assert document.manifest == {"a": value}
    assert type(document.manifest["a"]) is type(value)


def test_lists_are_their_items_and_empty_documents_are_none() -> None:
    items = "- {kind: TFJob, metadata: {name: a}}\n- {kind: Pod}\n"
    text = f"---\n# first\n---\nkind: List\nitems:\n{items}---\nkind: MPIJob\n"

    found = [(document.kind, document.name, document.place[0]) for document in parse_documents(text).documents]

    assert found == [("TFJob", "a", 6), ("Pod", "", 7), ("MPIJob", "", 9)]


def test_json_and_yaml_of_one_manifest_are_the_same() -> None:
    made = manifest()

    texts = (yaml.safe_dump(made), json.dumps(made), json.dumps(made, indent=2), "\ufeff" + yaml.safe_dump(made))

    assert all(dict(parse_documents(text).documents[0].manifest) == made for text in texts)


def test_a_path_leads_to_its_line() -> None:
    text = "kind: TFJob\nmetadata:\n  labels:\n    a.b/c: d\nspec:\n  volumes:\n  - name: x\n    hostPath: {}\n"
    [document] = parse_documents(text).documents

    assert document.line_of("spec.volumes[0].hostPath")[0] == 8
    assert document.line_of("metadata.labels[a.b/c]")[0] == 4
    assert document.line_of("spec.volumes[7].name")[0] == 6
    assert document.line_of("status")[0] == 1


# --- the page

pages = pytest.mark.django_db(databases=["default", "index"])
URL = "/wizard/import/"


def posted(browser: Client, text: str, **more: Any) -> Any:
    return browser.post(URL, {"text": text, "go": "read", **more})


@pages
@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_an_import_loses_nothing(alice: Client, framework: str, mode: str) -> None:
    task = spec(framework, mode, description="one\ntwo", name="from-outside")
    text = yaml.safe_dump(plain(build(task, operation="0", owner="alice")))

    report = posted(alice, text).context["report"]
    response = posted(alice, text, go="draft", namespace="vision")

    draft = Draft.objects.get()
    assert report.refused == []
    assert response.url == reverse("wizard-step", args=[draft.key, "confirm"]) + "?show=errors"
    assert checked_draft(draft).spec == task


@pages
def test_what_has_no_field_is_kept_and_what_has_no_place_is_refused_with_its_line(alice: Client) -> None:
    made = manifest()
    pod = made["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]
    pod |= {"hostNetwork": True, "terminationGracePeriodSeconds": 60}
    text = yaml.safe_dump(made)

    report = posted(alice, text).context["report"]

    line = next(number for number, words in enumerate(text.splitlines(), 1) if "hostNetwork" in words)
    assert [(part.path.rpartition(".")[2], part.line) for part in report.refused] == [("hostNetwork", line)]
    assert [value.text for value in report.kept] == ["60"]


@pages
def test_what_the_manifest_does_not_have_is_not_called_kept(alice: Client) -> None:
    bare = """{apiVersion: kubeflow.org/v1, kind: TFJob, metadata: {name: a}, spec: {tfReplicaSpecs: {Worker: {template:
        {spec: {containers: [{name: tensorflow, image: a}]}}}}}}"""

    report = posted(alice, bare).context["report"]

    assert report.kept == []
    assert [(value.path.rpartition(".")[2], value.text) for value in report.added] == [
        ("automountServiceAccountToken", "false"),
        ("imagePullPolicy", '"Always"'),
    ]


@pages
def test_a_task_without_roles_is_told_so(alice: Client) -> None:
    response = posted(alice, "apiVersion: kubeflow.org/v1\nkind: TFJob\nmetadata: {name: a}\nspec: null\n")

    assert [part.words for part in response.context["report"].refused] == ["It has no roles, and so no pods."]


@pages
def test_what_misleads_the_reader_is_written_out(alice: Client) -> None:
    """But for the text itself, which is the person's own."""
    made = manifest(name="a\u202eb", image="c\u202ed")
    made["spec"]["x\u202ey"] = 1
    made["spec"]["runPolicy"]["cleanPodPolicy"] = "All\u202e"

    page = posted(alice, yaml.safe_dump(made, allow_unicode=True)).content.decode()

    report = page[page.index("import-result") : page.index("import-text")]
    assert "\u202e" not in report
    assert {"a⟨U+202E⟩b", "c⟨U+202E⟩d", "x⟨U+202E⟩y", "“All⟨U+202E⟩”"} <= set(
        re.findall("[a-zA-Z“]*⟨U.202E⟩[a-z”]*", report)
    )


@pages
def test_a_text_with_a_fault_stays_in_the_page_and_the_line_is_named(alice: Client) -> None:
    response = posted(alice, "kind: TFJob\nkind: MXJob\n")

    page = response.content.decode()
    assert response.status_code == 422
    assert "Line 2, column 1: The key “kind” is there twice." in page
    assert "kind: TFJob\nkind: MXJob" in page


@pages
def test_the_words_are_chinese_on_a_chinese_page(alice: Client) -> None:
    response = alice.post(URL, {"text": "a: *b"}, headers={"Accept-Language": "zh-hans"})

    assert "第 1 行" in response.content.decode()


@pages
def test_of_several_tasks_one_is_chosen(alice: Client) -> None:
    text = yaml.safe_dump_all([manifest(name="one"), {"apiVersion": "v1", "kind": "Pod"}, manifest(name="two")])

    asked = posted(alice, text)
    answered = posted(alice, text, document="2")

    assert asked.context["report"] is None
    assert [choice.is_task for choice in asked.context["choices"]] == [True, False, True]
    assert answered.context["report"].spec.name == "two"


@pages
def test_other_kinds_are_refused_by_name(alice: Client) -> None:
    response = posted(alice, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n")

    assert response.status_code == 422
    assert "rbac.authorization.k8s.io/v1 ClusterRoleBinding" in response.content.decode()


@pages
def test_a_file_is_read_in_place_of_the_text(alice: Client) -> None:
    file = SimpleUploadedFile("job.yaml", yaml.safe_dump(manifest(name="uploaded")).encode())

    response = alice.post(URL, {"text": "", "file": file, "go": "read"})

    assert response.context["report"].spec.name == "uploaded"
    assert "uploaded" in response.context["text"]


@pages
def test_a_file_that_is_too_large_is_not_read(alice: Client) -> None:
    response = alice.post(URL, {"file": SimpleUploadedFile("job.yaml", b"a" * 300_000)})

    assert response.status_code == 422
    assert "larger than 256 KiB" in response.content.decode()


@pages
def test_a_namespace_that_is_not_hers_is_asked_for(alice: Client) -> None:
    text = yaml.safe_dump(manifest(namespace="payroll"))

    asked = posted(alice, text)
    refused = posted(alice, text, go="draft", namespace="payroll")
    posted(alice, text, go="draft", namespace="vision")

    assert asked.context["chosen_namespace"] == ""
    assert "The manifest names payroll." in asked.content.decode()
    assert refused.status_code == 200
    assert Draft.objects.get().namespace == "vision"


@pages
@pytest.mark.parametrize("asked", ["../../x", "/a/../b", "payroll", "\x00", ""])
def test_an_address_with_somebody_elses_namespace_is_an_import_page_of_none(alice: Client, asked: str) -> None:
    response = alice.get(URL, {"namespace": asked})

    assert response.status_code == 200
    assert response.context["chosen_namespace"] == ""


@pages
def test_roles_that_fit_no_mode_go_into_the_nearest(alice: Client) -> None:
    made = manifest()
    made["spec"]["pytorchReplicaSpecs"]["Eleventh"] = made["spec"]["pytorchReplicaSpecs"].pop("Master")

    report = posted(alice, yaml.safe_dump(made)).context["report"]
    posted(alice, yaml.safe_dump(made), go="draft", namespace="vision")

    assert report.refused == []
    assert report.unfit == (
        "Its roles fit no training mode; the draft is one of “Distributed, data parallel”. "
        "Still to be filled in: Master. Left out: Eleventh."
    )
    assert Draft.objects.get().mode == "distributed"
