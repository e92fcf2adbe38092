"""What `proxy check` tells of a folder, without signing in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from theia_sf.health.check import Check, Verdict
from theia_sf.proxy.client.ca import Issued, issue
from theia_sf.proxy.config.load import load
from theia_sf.proxy.setup.check import check
from theia_sf.proxy.setup.folder import Folder, make
from theia_sf.proxy.setup.texts import Reader, Wanted
from theia_sf.proxy.users.changes import NewCredentials, add

NAMES = ["proxy.example.com", "localhost"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("ACCOUNT", "MYORG-MYACCOUNT"), ("USER", "THEIA"), ("PASSWORD", "not used")):
        monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
    wanted = Wanted("127.0.0.1", 8443, 8444, None, "snowflake", (), {"environment_prefix": ""})
    make(tmp_path / "made", Folder(NAMES, wanted, Reader("analysts", "D", None, "R", None)))
    add(tmp_path / "made" / "users.yaml", "alice", NewCredentials(groups=["analysts"], certificate_names=["alice"]))
    return tmp_path / "made"


def found(folder: Path) -> dict[str, Check]:
    path = folder / "proxy.yaml"
    seen: dict[str, Check] = {}
    for one in check(load(path), path, offline=True):
        if one.name not in seen or one.verdict is not Verdict.OK:
            seen[one.name] = one
    return seen


def change(folder: Path, place: str, value: object) -> None:
    document = yaml.safe_load((folder / "proxy.yaml").read_text())
    *sections, key = place.split(".")
    section = document
    for name in sections:
        section = section[name]
    section[key] = value
    (folder / "proxy.yaml").write_text(yaml.safe_dump(document))


def test_all_is_well(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    seen = found(folder)
    assert sorted(folder.rglob("*")) == before, "nothing is changed, and no file of another user's is made"
    account = seen.pop("Account snowflake, identity default")
    assert {one.verdict for one in seen.values()} == {Verdict.OK}
    assert account.verdict is Verdict.SKIPPED
    assert account.detail.lower() == "theia at https://myorg-myaccount.snowflakecomputing.com:443; not signed in"


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.FAILED), (10, Verdict.WARNING), (100, Verdict.OK)])
def test_a_certificates_end_is_told_in_time(folder: Path, days: int, verdict: Verdict) -> None:
    tls = folder / "tls"
    authority = Issued((tls / "ca.pem").read_bytes(), (tls / "ca.key").read_bytes())
    made = issue(authority, NAMES, datetime.now(UTC) + timedelta(days=days - 397, hours=1))
    (tls / "server.pem").write_bytes(made.certificate)
    (tls / "server.key").write_bytes(made.key)
    one = found(folder)["Certificate"]
    assert one.verdict is verdict
    assert (one.advice is None) == (verdict is Verdict.OK)


def test_a_name_that_the_certificate_is_not_for(folder: Path) -> None:
    change(folder, "listen.public_url", "https://other.example.com")
    assert "No certificate is for other.example.com" in found(folder)["Certificate"].detail


@pytest.mark.parametrize(
    ("file", "name"),
    [("tls/server.key", "TLS"), ("users.yaml", "Users"), ("store.key", "Store"), ("audit.key", "Audit")],
)
def test_a_file_that_others_can_read_fails_its_check(folder: Path, file: str, name: str) -> None:
    (folder / file).chmod(0o644)
    one = found(folder)[name]
    assert one.verdict is Verdict.FAILED
    assert one.advice == f"Run: chmod 600 {folder / file}"


@pytest.mark.parametrize(
    ("file", "name"),
    [("tls/server.pem", "TLS"), ("users.yaml", "Users"), ("policy.yaml", "Policy"), ("store.key", "Store")],
)
def test_a_file_that_is_missing_fails_its_check(folder: Path, file: str, name: str) -> None:
    (folder / file).unlink()
    assert found(folder)[name].verdict is Verdict.FAILED


def test_what_is_right_but_hardly_meant_is_a_warning(folder: Path) -> None:
    change(folder, "policy", None)
    change(folder, "audit.key_file", None)
    (folder / "users.yaml").write_text("version: 1\n")
    seen = found(folder)
    for name in ("Policy", "Audit", "Users"):
        assert seen[name].verdict is Verdict.WARNING
        assert seen[name].advice


def test_a_group_without_users(folder: Path) -> None:
    policy = folder / "policy.yaml"
    policy.write_text(policy.read_text().replace('groups: ["analysts"]', 'groups: ["analysts", "auditors"]'))
    assert found(folder)["Policy"].detail == "The group auditors has no users."


def test_an_identity_that_has_no_credentials(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNOWFLAKE_PASSWORD")
    one = found(folder)["Account snowflake, identity default"]
    assert one.verdict is Verdict.FAILED


@pytest.mark.parametrize("there", ["audit", "audit/of/this", "no/such/folder"])
def test_the_audits_folder_is_there_or_can_be_made(folder: Path, there: str) -> None:
    change(folder, "audit.path", there)
    assert found(folder)["Audit"].verdict is Verdict.OK


def test_a_store_whose_folder_is_not_there(folder: Path) -> None:
    change(folder, "store.sqlite", "absent/sessions.db")
    assert found(folder)["Store"].detail == f"This user may not write into {folder / 'absent'}."


def test_a_store_that_is_there_is_asked(folder: Path) -> None:
    (folder / "sessions.db").write_text("no database, and long enough to be none of an unknown kind")
    one = found(folder)["Store"]
    assert one.verdict is Verdict.FAILED
    assert "file is not a database" in one.detail


@pytest.mark.parametrize("path", ["policy.yaml", "policy.yaml/audit"])
def test_a_file_in_the_way_of_the_audit(folder: Path, path: str) -> None:
    change(folder, "audit.path", path)
    one = found(folder)["Audit"]
    assert one.verdict is Verdict.FAILED
    assert f"cannot be written to {folder / path}: {folder / 'policy.yaml'} is a file" in one.detail


def test_a_store_that_is_away(folder: Path) -> None:
    change(folder, "store", {"redis": "redis://127.0.0.1:1", "key_file": "store.key"})
    one = found(folder)["Store"]
    assert one.verdict is Verdict.FAILED
    assert one.advice == "The proxy serves nobody without it."
