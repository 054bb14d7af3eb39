"""Settings: flags override the environment, the environment overrides the file, and every mistake is reported."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from unittest.mock import patch

import cli_in_process
import pytest

from scorer.cli.output import out
from scorer.service.runtime.settings import Role, Settings
from scorer.service.runtime.settings_sources import SettingsError, load_settings

TLS = '[tls]\ncertificate = "server.pem"\nkey = "server.key"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "scorer.toml"


def mistakes(file: Path, text: str, **flags: object) -> list[str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, flags)
    return caught.value.mistakes


def test_flags_win_over_the_environment_and_that_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('workers = 2\ngrace = 3\nlog = "json"\n[limits]\ncalls = 20\nunits = 30\n')
    monkeypatch.setenv("SCORER_GRACE", "4")
    monkeypatch.setenv("SCORER_WORKERS", "5")
    monkeypatch.setenv("SCORER_LIMITS__UNITS", "40")
    found = load_settings(file, {"workers": 6})
    assert (found.workers, found.grace, found.log) == (6, 4, "json")
    assert (found.limits.calls, found.limits.units) == (20, 40)
    assert found.limits.request_bytes == Settings().limits.request_bytes


def test_paths_in_the_file_start_from_its_directory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(TLS)
    monkeypatch.setenv("SCORER_TLS__KEY", "other.key")
    found = load_settings(file, {})
    assert found.tls is not None
    assert (found.tls.certificate, found.tls.key) == (file.parent / "server.pem", Path("other.key"))


def test_every_wrong_setting_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORER_LIMITS__UNITS", "many")
    monkeypatch.setenv("SCORER_WRKERS", "2")
    text = 'wrkers = 2\n[tls]\ncertificate = "a.pem"\nkee = "b.pem"\n[limits]\ncalls = 0\n'
    found = mistakes(file, text, address="nowhere")
    assert found[0] == "SCORER_WRKERS: unknown setting; did you mean 'SCORER_WORKERS'?"
    assert sorted(found[1:]) == sorted(
        [
            "--address: 'nowhere' is not HOST:PORT, such as 127.0.0.1:50051",
            f"{file}: tls.key: has to be given",
            f"{file}: tls.kee: unknown setting; did you mean 'tls.key'?",
            f"{file}: limits.calls: has to be greater than or equal to 1",
            f"{file}: wrkers: unknown setting; did you mean 'workers'?",
            "SCORER_LIMITS__UNITS: has to be a whole number",
        ]
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("workers = ", "not TOML: "),
        (
            '[access]\n"bert" = ["scorer"]',
            "'bert' is not a caller: write token:SUBJECT, a name in a certificate (dns:NAME, ",
        ),
        (
            '[access]\n"certificate:a" = ["scorer"]',
            "'certificate:a' is not a caller: write token:SUBJECT, a name in a certificate (",
        ),
        ('[access]\n"dns:Portal" = ["scorer"]', "'dns:Portal' has capital letters"),
        ('[access]\n"ip:2001:DB8::1" = ["scorer"]', "'ip:2001:DB8::1' is not in the usual form: write ip:2001:db8::1"),
        ('[access]\n"ip:portal" = ["scorer"]', "'ip:portal' is not an address"),
        ('[access]\n"token:a" = ["scorr"]', "has to be 'reader', 'scorer', 'ranker' or 'operator'"),
        ('[access]\n"token:a" = ["scorer"]', "access names tokens: give [tokens], which is needed to check them"),
        ('[access]\n"dns:a" = ["scorer"]', "access names certificates: give [tls] clients"),
        ('[access]\n"cn:a" = ["scorer"]', "access names certificates: give [tls] clients"),
        ('metrics = "127.0.0.1:50051"', "metrics on 127.0.0.1:50051 use the port of the service, 127.0.0.1:50051"),
        ('metrics = "localhost:50051"', "metrics on localhost:50051 use the port of the service, 127.0.0.1:50051"),
        (
            'address = "[::1]:9"\nmetrics = "0.0.0.0:09"\ninsecure = true',
            "metrics on 0.0.0.0:09 use the port of the service, [::1]:9: give them another port",
        ),
        (
            "[limits]\nheld_bytes = 2048\nrequest_bytes = 4096",
            "limits.held_bytes = 2048 is less than limits.request_bytes = 4096: no request of that size",
        ),
        ("[limits]\ncalls = true", "limits.calls: has to be a whole number"),
        ("grace = nan", "grace: has to be a finite number"),
        ("grace = inf", "grace: has to be a finite number"),
        ("grace = false", "grace: has to be a number"),
        ("[limits]\ncalls = 1.5", "limits.calls: has to be a whole number"),
        ("tls = 5", "tls: has to be a table"),
        ('required = "hue-2020"', "required: has to be a list"),
        ('[access]\n"token:a" = "reader"', "access.token:a: has to be a list"),
        ('[access]\n"token:a\\nb\\u001b" = "reader"', r"access.token:a\nb\x1b: has to be a list"),
        ('"a\\nb\\u001b" = 1', r"a\nb\x1b: unknown setting"),
        ("metrics = 9090", "metrics: has to be text"),
        ('address = "0.0.0.0:5"', "0.0.0.0:5 can be reached from other machines: give [tls], or set insecure"),
        ('address = "somewhere.example:5"', "can be reached from other machines"),
        ('address = "[::]:5"', "can be reached from other machines"),
        ('address = "::1:0"', "'::1:0' is an IPv6 address without brackets; write [::1]:0"),
        ('metrics = "::1:0"', "'::1:0' is an IPv6 address without brackets; write [::1]:0"),
        ('address = "[::1:0"', "'[::1:0' is not HOST:PORT"),
        ('address = "a..b:0"', "'a..b:0' is not HOST:PORT"),
        ('address = "unix:/tmp/x:0"', "'unix:/tmp/x:0' is not HOST:PORT"),
        ('address = "unix.example:5"', "can be reached from other machines"),
        ('address = "127.0.0.1\\u0000:5"', "is not HOST:PORT"),
    ],
)
def test_unusable_settings_are_reported(file: Path, text: str, what: str) -> None:
    assert any(what in mistake for mistake in mistakes(file, text))


def test_all_settings_that_contradict_each_other_are_reported(file: Path) -> None:
    text = 'address = "0.0.0.0:5"\nmetrics = "127.0.0.1:5"\n[access]\n"token:a" = ["scorer"]\n"dns:a" = ["scorer"]\n'
    starts = ("0.0.0.0:5 can be reached", "metrics on 127.0.0.1:5 use the port", "access names t", "access names c")
    for mistake, start in zip(mistakes(file, text), starts, strict=True):
        assert mistake.startswith(start)


def test_metrics_may_have_the_port_of_the_service_on_another_address() -> None:
    assert Settings(address="127.0.0.1:5", metrics="127.0.0.2:5").metrics
    assert Settings(address="127.0.0.1:0", metrics="127.0.0.1:0").metrics


@pytest.mark.parametrize("address", ["127.0.0.1:5", "localhost:5", "[::1]:5", "127.8.9.10:0"])
def test_this_machine_needs_no_tls(address: str) -> None:
    assert not Settings(address=address).is_reachable


def test_other_machines_need_tls_or_the_setting_insecure(file: Path) -> None:
    file.write_text(f'address = "0.0.0.0:5"\n{TLS}')
    assert load_settings(file, {}).is_reachable
    assert load_settings(None, {"address": "0.0.0.0:5", "insecure": True}).is_reachable


def test_roles_are_read_from_settings(file: Path) -> None:
    file.write_text('[tokens]\nkeys = "k"\nissuer = "i"\naudience = "a"\n[access]\n"token:x" = ["scorer", "ranker"]')
    assert load_settings(file, {}).access == {"token:x": {Role.SCORER, Role.RANKER}}


def test_settings_are_passed_unchanged_to_a_worker(file: Path) -> None:
    file.write_text(
        f'address = "0.0.0.0:5"\n{TLS}[tokens]\nkeys = "k"\nissuer = "i"\naudience = "a"\n'
        '[access]\n"token:x" = ["scorer"]\nanonymous = []'
    )
    found = load_settings(file, {"workers": 2})
    assert Settings.model_validate_json(found.model_dump_json()) == found


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with a wide table and without other variables, because it refuses unknown ones."""
    with patch.dict(os.environ, clear=True), patch.object(out, "_width", 250):
        return cli_in_process.run(*arguments, **environment)


@pytest.mark.parametrize("name", ["scorer_workers", "Scorer_Limits__Units", "SCORER_workers"])
def test_variables_have_upper_case_names_only(name: str) -> None:
    done = run("settings", "check", **{name: "3"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"scorer: {name}: unknown setting; did you mean {name.upper()!r}?\n"


@pytest.mark.parametrize("key", ["Workers", "STRICT", "Criteria"])
def test_names_in_the_file_have_small_letters_only(file: Path, key: str) -> None:
    assert mistakes(file, f"{key} = 3\n[Access]\n") == [
        f"{file}: {key}: unknown setting; did you mean {key.lower()!r}?",
        f"{file}: Access: unknown setting; did you mean 'access'?",
    ]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("SETTINGS", "", "is empty; give a path, or leave the variable out"),
        ("LIMITS", "", 'not JSON: Expecting value: line 1 column 1 (char 0); write JSON such as {"name": "value"}'),
        ("STRICT", "maybe", "has to be true or false"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, what: str
) -> None:
    monkeypatch.setenv(f"SCORER_{name}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {})
    assert caught.value.mistakes == [f"SCORER_{name}: {what}"]


def test_a_missing_directory_is_named() -> None:
    assert run("settings", "check", SCORER_CRITERIA="/nowhere").stderr == (
        "scorer: cannot read /nowhere: No such file or directory\n"
    )


def test_an_empty_path_is_refused(file: Path) -> None:
    why = "is empty; give a path, or leave the setting out"
    assert run("settings", "check", SCORER_CRITERIA="").stderr == f"scorer: SCORER_CRITERIA: {why}\n"
    file.write_text('criteria = ""\n[tls]\ncertificate = ""\nkey = "a\\u0000b"\n')
    done = run("settings", "check", "--settings", str(file))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"scorer: {file}: criteria: {why}",
        f"scorer: {file}: tls.certificate: {why}",
        f"scorer: {file}: tls.key: has to be a path without NUL",
    ]


def test_a_file_may_begin_with_a_byte_order_mark(file: Path) -> None:
    file.write_text("workers = 3\n", encoding="utf-8-sig")
    assert re.search(r"^ *workers +3 ", run("settings", "check", "--settings", str(file)).stdout, re.M)


def test_deeply_nested_settings_are_refused(file: Path) -> None:
    file.write_text(f"required = {'[' * 5000}", encoding="utf-8")
    for done in (
        run("settings", "check", "--settings", str(file)),
        run("settings", "check", SCORER_REQUIRED="[" * 50_000),
    ):
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "nested too deeply" in done.stderr


@pytest.mark.parametrize(
    ("name", "example"),
    [("LIMITS", '{"name": "value"}'), ("REQUIRED", '["a", "b"]'), ("ACCESS", '{"name": "value"}')],
)
def test_a_variable_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch, name: str, example: str) -> None:
    for text, what in (("[1,2", "not JSON: Expecting "), ("[" * 50_000, "is nested too deeply")):
        monkeypatch.setenv(f"SCORER_{name}", text)
        with pytest.raises(SettingsError) as caught:
            load_settings(None, {})
        (mistake,) = caught.value.mistakes
        assert mistake.startswith(f"SCORER_{name}: {what}")
        assert mistake.endswith(f"; write JSON such as {example}")


@pytest.mark.parametrize(
    ("name", "text"),
    [("ACCESS", '{"anonymous": ["reader"], "anonymous": []}'), ("LIMITS", '{"units": 5, "calls": 1, "units": 6}')],
)
def test_a_duplicate_name_in_a_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"SCORER_{name}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {})
    (mistake,) = caught.value.mistakes
    assert mistake in ("SCORER_ACCESS: 'anonymous' appears twice", "SCORER_LIMITS: 'units' appears twice")


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("WORKERS", "1_0", "has to be a whole number"),
        ("LIMITS__UNITS", "1_000", "has to be a whole number"),
        ("WORKERS", "\u0664", "has to be a whole number"),
        ("GRACE", "1_0.5", "has to be a number"),
    ],
)
def test_numbers_in_variables_have_ascii_digits(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, what: str
) -> None:
    monkeypatch.setenv(f"SCORER_{name}", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {})
    assert caught.value.mistakes == [f"SCORER_{name}: {what}"]


def test_one_caller_gets_half_of_the_calls_by_default() -> None:
    limits = load_settings(None, {}).limits
    assert limits.calls_each == limits.calls // 2


def test_a_setting_in_two_variables_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORER_LIMITS", '{"units": 5, "calls": 3}')
    monkeypatch.setenv("SCORER_LIMITS__CALLS_EACH", "2")
    assert (load_settings(None, {}).limits.units, load_settings(None, {}).limits.calls_each) == (5, 2)
    monkeypatch.setenv("SCORER_LIMITS__UNITS", "6")
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {})
    assert caught.value.mistakes == ["SCORER_LIMITS__UNITS: SCORER_LIMITS also sets 'units'; set it only once"]


@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "large.toml"])
def test_settings_files_must_be_small_and_regular(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.toml").write_bytes(b"#" * (2**20 + 1))
    file = tmp_path / path
    what = "has more than 1,048,576 bytes, which is the maximum" if path == "large.toml" else "is not a regular file"
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert caught.value.mistakes == [f"{file} {what}"]
