"""What the proxy's commands say of what is wrong, before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from theia_sf.cli import main, proxy_options
from theia_sf.proxy.client import profiles
from theia_sf.proxy.client.target import Target, of_config
from theia_sf.proxy.config.load import load
from theia_sf.proxy.serve.certificate import read_certificate
from theia_sf.proxy.setup.folder import Folder, make
from theia_sf.proxy.setup.texts import Reader, Wanted
from theia_sf.proxy.users.changes import NewCredentials, add
from theia_sf.secret import Secret

CONFIGURATION = Wanted("127.0.0.1", 8443, 8444, None, "snowflake", (), {"environment_prefix": ""})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a proxy's files in `made`, which is the current one."""
    make(tmp_path / "made", Folder(["localhost"], CONFIGURATION, Reader("analysts", "D", None, None, None)))
    add(tmp_path / "made" / "users.yaml", "alice", NewCredentials(groups=["analysts"], public_keys=[]))
    (tmp_path / "wrong.yaml").write_text("listen: {prot: 1}\n")
    (tmp_path / "alice.token").write_text("there already")
    for name, value in (("ACCOUNT", "ORG-ACCOUNT"), ("USER", "THEIA"), ("PASSWORD", "not used")):
        monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
    monkeypatch.setenv("THEIA_SF_PROXY_CONFIG", str(tmp_path / "made" / "proxy.yaml"))
    monkeypatch.setenv("THEIA_SF_PROXY_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("THEIA_SF_CONTEXT_FILE", str(tmp_path / "context.json"))
    profiles.save("work", Target("https", "localhost", 8443, token=Secret("theia_token")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["init", "made"], "is there already, and nothing is overwritten"),
        (["init", "new", "--database-name", "D", "--hostname", "no name"], "neither a host name nor an IP"),
        (["init", "new"], "There is no current context whose database"),
        (["check", "--config", "absent.yaml"], "There is no configuration file absent.yaml"),
        (["serve", "--config", "wrong.yaml"], "wrong.yaml: `listen.prot` is not a setting"),
        (["users", "add", "a b"], "'a b' cannot be the name of a user"),
        (["users", "add", "eve", "--public-key", "absent.pub"], "The public key file absent.pub cannot be read"),
        (["users", "add", "eve", "--expires", "yesterday"], "--expires: 'yesterday' is not a time"),
        (["users", "add", "eve", "--expires", "2001-01-01T00:00:00Z"], "is not in the future"),
        (["users", "add", "eve", "--password"], "There is no terminal to ask for the password on"),
        (["users", "add", "eve", "--no-token", "--token-output", "x"], "but no token is made"),
        (["users", "add", "eve", "--token-output", "alice.token"], "alice.token is there already"),
        (["users", "add", "eve", "--token-output", "no/such/folder"], "no/such is no folder that this user may write"),
        (["users", "revoke", "nobody", "--yes"], "There is no user nobody"),
        (["users", "revoke", "alice"], "There is no terminal to ask for confirmation on"),
        (["users", "revoke", "alice", "--credential", "x", "--yes"], "The user alice has no credential x"),
        (["sessions", "end"], "Name a session, or a user by --user"),
        (["sessions", "end", "absent"], "There is no session absent"),
        (["audit", "query", "--since", "soon"], "--since: 'soon' is not a time"),
        (["audit", "query", "--since", "now", "--until", "now-1h"], "--since is not before --until"),
        (["audit", "tail", "--path", "absent"], "The audit's records in absent cannot be read"),
        (["audit", "verify", "--anchor", "nonsense"], "'nonsense' is not an anchor"),
        (["login", "--offline"], "Which proxy is meant?"),
        (["login", "--url", "http://example.com"], "to which an access token must not travel unencrypted"),
        (["login", "--url", "https://localhost"], "There is no terminal to ask for user and access token on"),
        (["login", "--url", "https://localhost", "--token-file", "absent"], "/absent does not exist"),
        (["connect", "--profile", "absent"], "There is no profile absent of a proxy"),
        (["connect", "--profile", "work", "--", "/no/such/program"], "/no/such/program cannot be run: No such file"),
        (["env", "--profile", "work", "--shell", "tcsh"], "--shell tcsh is not known"),
        (["env", "--url", "https://localhost"], "There is no access token to sign in to the proxy with"),
        (["show-connection", "--client", "go", "--url", "https://h", "--show-secret"], "There is no access token"),
        (["show-connection", "--client", "excel"], "Invalid value for '--client'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_is_wrong_is_one_sentence_and_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    before, users = sorted(folder.rglob("*")), (folder / "made" / "users.yaml").read_bytes()
    assert main.run(["proxy", *arguments]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert out == ""
    assert [line.partition(":")[0] for line in err.splitlines()] in (["Error", "Hint"], ["Error"])
    assert {path for path in folder.rglob("*") if "sessions.db" not in path.name} == set(before)
    assert (folder / "made" / "users.yaml").read_bytes() == users


def test_an_address_of_ipv6_is_listened_on_and_told_in_brackets(folder: Path) -> None:
    given = ["init", "new", "--database-name", "D", "--hostname", "2001:db8::5", "--port", "9443"]
    assert main.run(["proxy", *given]) == 0
    config = load(folder / "new" / "proxy.yaml")
    assert (config.listen.host, config.listen.public_url) == ("::", "https://[2001:db8::5]:9443")
    assert of_config(config).url == "https://[2001:db8::5]:9443"
    assert config.listen.tls is not None
    assert "2001:db8::5" in read_certificate(config.listen.tls.certificate).names


def test_windows_is_told_where_the_proxy_serves(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_options, "SYSTEM", "nt")
    assert main.run(["proxy", "serve"]) == 2
    assert capsys.readouterr().err.startswith("Error: The proxy serves on Linux and macOS only.\nHint: Run it there")
