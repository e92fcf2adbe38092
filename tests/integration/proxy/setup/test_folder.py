"""The folder that `proxy init` makes: it is what the proxy itself reads, and nothing is lost."""

from __future__ import annotations

import errno
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from theia_sf.errors import UsageError
from theia_sf.proxy.access.decision import Context, DeniedError
from theia_sf.proxy.access.load import load_policy, open_access
from theia_sf.proxy.config.load import load
from theia_sf.proxy.config.upstreams import Identity
from theia_sf.proxy.serve.certificate import read_certificate
from theia_sf.proxy.serve.tls import Certificates
from theia_sf.proxy.setup.folder import FILES, Folder, make, renew_certificate
from theia_sf.proxy.setup.texts import Reader, Wanted
from theia_sf.proxy.users.model import Peer, ProxyUser

WANTED = Folder(
    names=["proxy.example.com", "localhost", "127.0.0.1"],
    configuration=Wanted(
        host="0.0.0.0",
        port=8443,
        health_port=8444,
        public_url="https://proxy.example.com:8443",
        account="snowflake",
        hosts=["org-account.snowflakecomputing.com"],
        identity={"account": "ORG-ACCOUNT", "user": "THEIA: #1", "private_key_path": "/keys/a b.p8"},
    ),
    reader=Reader("analysts", "ANTREA_X", "THEIA", "ANTREA_READER_X", "ANTREA_READER_X"),
)


def test_the_configuration_is_what_was_wanted(tmp_path: Path) -> None:
    make(tmp_path / "proxy", WANTED)
    config = load(tmp_path / "proxy" / "proxy.yaml")
    assert (config.listen.host, config.listen.port, config.health.port) == ("0.0.0.0", 8443, 8444)
    assert config.listen.public_url == "https://proxy.example.com:8443"
    upstream = config.upstreams["snowflake"]
    assert upstream.hosts == ("org-account.snowflakecomputing.com",)
    wanted = Identity(account="ORG-ACCOUNT", user="THEIA: #1", private_key_path=Path("/keys/a b.p8"))
    assert upstream.identities == {"default": wanted}
    assert config.audit.mode == "strict"


def test_what_is_commented_out_is_right_too(tmp_path: Path) -> None:
    """Somebody takes the `# ` away from an example, and expects it to work."""
    make(tmp_path / "proxy", WANTED)
    folder = tmp_path / "proxy"
    for name, words in (("proxy.yaml", ("mode: bindings", "redaction:", "limits:", "connect_port", "renew_before",
                                        "tokens:", "requests_per", "connections:", "client_ca")),
                        ("policy.yaml", ("row_limit", "statement_timeout", "hours:", "addresses:"))):  # fmt: skip
        lines = (folder / name).read_text().splitlines()
        opened = [
            line.replace("# ", "", 1)
            if line.lstrip().startswith("# ") and any(word in line for word in words)
            else line
            for line in lines
        ]
        assert opened != lines
        (folder / name).write_text("\n".join(opened))
    config = load(folder / "proxy.yaml")
    assert config.audit.redaction.mode == "bindings"
    assert config.listen.connect_port == 8445
    (rule,) = load_policy(config.policy, folder / "proxy.yaml").rules
    assert rule.hours is not None
    assert rule.row_limit == 1_000_000


def test_the_policy_lets_the_group_read_the_database_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / "proxy", WANTED)
    config = load(tmp_path / "proxy" / "proxy.yaml")
    access = open_access(load_policy(config.policy, tmp_path), config.upstreams)
    now, peer = datetime.now(UTC), Peer("192.0.2.1")
    alice = ProxyUser("alice", frozenset({"analysts"}), "token")
    grant = access.login(alice, "snowflake", Context(role="ACCOUNTADMIN"), peer, now)
    assert grant.context == Context("ANTREA_READER_X", "ANTREA_READER_X", "ANTREA_X", "THEIA")
    with pytest.raises(DeniedError):
        access.login(replace(alice, groups=frozenset({"others"})), "snowflake", Context(), peer, now)


@pytest.mark.parametrize("name", ['odd "name', "lower", "ANTREA_X", "a.b"])
def test_names_of_any_kind_stay_what_they_are(tmp_path: Path, name: str) -> None:
    reader = Reader("the: team", name, None, name, None)
    make(tmp_path / "proxy", replace(WANTED, reader=reader))
    config = load(tmp_path / "proxy" / "proxy.yaml")
    (rule,) = load_policy(config.policy, tmp_path).rules
    assert (rule.database, rule.role, rule.warehouse) == (name, name, None)
    assert rule.patterns("schemas")[0].parts[0] == name
    assert rule.groups == ("the: team",)


def test_secrets_are_for_their_owner_alone_and_kept_out_of_git(tmp_path: Path) -> None:
    written = make(tmp_path / "proxy", WANTED)
    assert sorted(path.relative_to(tmp_path / "proxy").as_posix() for path in written) == sorted(FILES)
    ignored = (tmp_path / "proxy" / ".gitignore").read_text().split()
    for path in written:
        if path.suffix == ".key" or path.name == "users.yaml":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.name in ignored or f"*{path.suffix}" in ignored
    assert [path.name for path in tmp_path.iterdir()] == ["proxy"]


@pytest.mark.parametrize("there", [*FILES, "tls"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "proxy"
    (folder / there).parent.mkdir(parents=True, exist_ok=True)
    (folder / there).write_text("mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(UsageError, match="nothing is overwritten"):
        make(folder, WANTED)
    assert sorted(folder.rglob("*")) == before
    assert (folder / there).read_text() == "mine"


def test_a_folder_with_other_things_gets_the_files_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "proxy"
    (folder / "audit").mkdir(parents=True)
    (folder / "audit" / "old").write_text("kept")
    (folder / "README").write_text("mine")
    make(folder, WANTED)
    load(folder / "proxy.yaml")
    assert (folder / "README").read_text() == "mine"
    assert (folder / "audit" / "old").read_text() == "kept"


def test_a_folder_that_is_there_may_be_a_disk_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume of a container is mounted, and the folder that it is in is often read-only."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    rename = Path.rename

    def elsewhere(path: Path, target: Path) -> Path:
        if path.is_relative_to(folder) is not Path(target).is_relative_to(folder):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", elsewhere)
    make(folder, WANTED)
    load(folder / "proxy.yaml")
    assert {path.name for path in folder.iterdir()} == {name.partition("/")[0] for name in FILES} | {"audit"}


def test_a_name_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a host name nor an IP address"):
        make(tmp_path / "proxy", replace(WANTED, names=["not a name"]))
    assert list(tmp_path.iterdir()) == []


def test_a_renewed_certificate_is_taken_by_a_running_proxy(tmp_path: Path) -> None:
    folder = tmp_path / "proxy"
    make(folder, WANTED)
    tls = load(folder / "proxy.yaml").listen.tls
    assert tls is not None
    running = Certificates(tls)
    before = tls.certificate.read_bytes()
    assert renew_certificate(tls.certificate, tls.key, []) == WANTED.names
    assert tls.certificate.read_bytes() != before
    assert running.refresh()
    assert running.cover("proxy.example.com")
    assert renew_certificate(tls.certificate, tls.key, ["localhost"]) == ["localhost"]
    assert read_certificate(tls.certificate).names == ("localhost",)
    assert stat.S_IMODE(tls.key.stat().st_mode) == 0o600


def test_a_key_that_the_proxys_group_may_read_stays_so(tmp_path: Path) -> None:
    folder = tmp_path / "proxy"
    make(folder, WANTED)
    tls = load(folder / "proxy.yaml").listen.tls
    assert tls is not None
    tls.key.chmod(0o640)
    running = Certificates(tls)
    renew_certificate(tls.certificate, tls.key, [])
    assert stat.S_IMODE(tls.key.stat().st_mode) == 0o640
    assert running.refresh()


def test_without_the_authority_there_is_no_renewal(tmp_path: Path) -> None:
    folder = tmp_path / "proxy"
    make(folder, WANTED)
    (folder / "tls" / "ca.key").unlink()
    before = (folder / "tls" / "server.pem").read_bytes()
    with pytest.raises(UsageError, match="no certificate authority"):
        renew_certificate(folder / "tls" / "server.pem", folder / "tls" / "server.key", [])
    assert (folder / "tls" / "server.pem").read_bytes() == before


def test_the_files_are_yaml_whatever_the_settings_hold(tmp_path: Path) -> None:
    odd = replace(WANTED.configuration, identity={"user": "# no: {comment}\n- x", "environment_prefix": ""})
    make(tmp_path / "proxy", replace(WANTED, configuration=odd))
    document = yaml.safe_load((tmp_path / "proxy" / "proxy.yaml").read_text())
    assert document["upstreams"]["snowflake"]["identities"]["default"] == odd.identity
