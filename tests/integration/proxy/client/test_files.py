"""What is kept on a client's machine, and what programs get to see."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import certifi
import pytest

from theia_sf.errors import UsageError
from theia_sf.proxy.client import profiles
from theia_sf.proxy.client.ca import new_authority
from theia_sf.proxy.client.environment import changes, trust_bundle
from theia_sf.proxy.client.running import run
from theia_sf.proxy.client.target import Target
from theia_sf.secret import Secret

TOKEN = "theia_0123456789ab_" + "x" * 43


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEIA_SF_PROXY_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    ca_file = tmp_path / "given.pem"
    ca_file.write_bytes(new_authority(["localhost"]).certificate)
    return Target("https", "localhost", 8443, "production", "alice", ca_file, None, Secret(TOKEN))


def test_a_profile_comes_back_as_it_was(target: Target, tmp_path: Path) -> None:
    saved = profiles.save("work", target)
    assert target.ca_file is not None
    target.ca_file.unlink()
    folder = tmp_path / "profiles" / "work"
    assert saved == replace(target, ca_file=folder / "ca.pem", token_file=folder / "token")
    assert profiles.load("work") == saved
    assert stat.S_IMODE((folder / "token").stat().st_mode) == 0o600
    assert (folder / "token").read_text() == TOKEN, "drivers send whatever is in the file"
    assert TOKEN not in (folder / "profile.json").read_text()


def test_a_profile_is_replaced_as_a_whole_and_forgotten(target: Target, tmp_path: Path) -> None:
    profiles.save("work", target)
    replaced = profiles.save("work", replace(target, ca_file=None, user="bob"))
    assert (replaced.ca_file, replaced.user) == (None, "bob")
    assert profiles.forget("work")
    assert not profiles.forget("work")
    assert list((tmp_path / "profiles").iterdir()) == []


def test_what_a_login_that_was_broken_off_left_is_forgotten(target: Target, tmp_path: Path) -> None:
    profiles.save("work", target)
    (tmp_path / "profiles" / "work" / "profile.json").unlink()
    assert profiles.forget("work")
    assert list((tmp_path / "profiles").iterdir()) == []


def test_certificates_that_are_none_are_not_remembered(target: Target, tmp_path: Path) -> None:
    for name, said in (("absent.pem", "cannot be read: No such file"), ("empty.pem", "holds no certificate")):
        (tmp_path / "empty.pem").write_text("nothing")
        with pytest.raises(UsageError, match=said) as told:
            profiles.save("work", replace(target, ca_file=tmp_path / name))
        assert told.value.hint
    assert not (tmp_path / "profiles").exists()


def test_a_token_that_others_can_read_is_refused(target: Target, tmp_path: Path) -> None:
    profiles.save("work", target)
    (tmp_path / "profiles" / "work" / "token").chmod(0o644)
    with pytest.raises(UsageError, match="Others than you can read"):
        profiles.load("work")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "https://a/b"}', "null"])
def test_a_broken_profile_is_told(target: Target, tmp_path: Path, text: str) -> None:
    profiles.save("work", target)
    (tmp_path / "profiles" / "work" / "profile.json").write_text(text)
    with pytest.raises(UsageError):
        profiles.load("work")


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "x" * 64])
def test_a_profiles_name_is_no_path(target: Target, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a profile"):
        profiles.save(name, target)


def test_the_bundle_has_the_public_authorities_too(target: Target) -> None:
    bundle = trust_bundle(target)
    assert bundle is not None
    assert target.ca_file is not None
    text = bundle.read_bytes()
    assert target.ca_file.read_bytes() in text
    assert Path(certifi.where()).read_bytes().rstrip() in text
    assert trust_bundle(target, {"REQUESTS_CA_BUNDLE": str(bundle)}) == bundle, "it does not grow"


def test_the_bundle_is_made_of_the_operators_own_if_they_have_one(target: Target, tmp_path: Path) -> None:
    own = tmp_path / "company.pem"
    own.write_bytes(new_authority(["intranet.example"]).certificate)
    bundle = trust_bundle(target, {"SSL_CERT_FILE": str(own)})
    assert bundle is not None
    assert own.read_bytes() in bundle.read_bytes()
    assert Path(certifi.where()).read_bytes() not in bundle.read_bytes()
    ssl.create_default_context(cafile=str(bundle))  # whatever stands before the certificates
    again = {"REQUESTS_CA_BUNDLE": str(bundle), "SSL_CERT_FILE": str(bundle)}
    assert trust_bundle(target, again) == bundle, "a second time, too"
    own.unlink()
    public = trust_bundle(target, again)
    assert public is not None
    assert Path(certifi.where()).read_bytes().rstrip() in public.read_bytes()


def test_what_holds_no_certificate_is_told(target: Target, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(UsageError, match="holds no certificate"):
        trust_bundle(replace(target, ca_file=tmp_path / "empty.pem"))
    with pytest.raises(UsageError, match="cannot be read"):
        trust_bundle(replace(target, ca_file=tmp_path / "absent.pem"))


LOOK = """
import json, os, sys
home = os.environ["SNOWFLAKE_HOME"]
files = {name: [oct(os.stat(os.path.join(home, name)).st_mode & 0o777), open(os.path.join(home, name)).read()]
         for name in os.listdir(home)}
print(json.dumps({"home": home, "mode": oct(os.stat(home).st_mode & 0o777), "files": files,
                  "environ": dict(os.environ), "argv": sys.argv}))
raise SystemExit(7)
"""


def test_a_program_is_led_to_the_proxy_and_its_exit_code_is_ours(
    target: Target, capfd: pytest.CaptureFixture[str]
) -> None:
    environ = {**os.environ, "SNOWFLAKE_PASSWORD": "old", "SNOWFLAKE_DEFAULT_CONNECTION_NAME": "other"}
    environ["SNOWFLAKE_CONNECTIONS"] = "other = {account = 'elsewhere'}"  # wins over a connections.toml
    assert run([sys.executable, "-c", LOOK, "argument"], target, environ) == 7
    seen = json.loads(capfd.readouterr().out)
    assert seen["mode"] == "0o700"
    assert {mode for mode, _ in seen["files"].values()} == {"0o600"}
    (connection,) = tomllib.loads(seen["files"]["connections.toml"][1]).values()
    assert connection["token"] == TOKEN
    assert connection["port"] == "8443", "gosnowflake takes no number"
    assert connection["user"] == "alice"
    assert seen["files"]["token"][1] == TOKEN
    assert seen["environ"]["SNOWFLAKE_TOKEN_FILE_PATH"] == seen["home"] + "/token"
    assert seen["environ"]["SNOWFLAKE_DEFAULT_CONNECTION_NAME"] == "theia-sf"
    assert list(tomllib.loads(seen["environ"]["SNOWFLAKE_CONNECTIONS"])) == ["theia-sf"]
    assert "SNOWFLAKE_PASSWORD" not in seen["environ"]
    assert TOKEN not in str(seen["environ"]) + str(seen["argv"])
    assert not Path(seen["home"]).exists()


def test_a_program_keeps_what_else_is_in_its_environment(target: Target, capfd: pytest.CaptureFixture[str]) -> None:
    environ = {**os.environ, "PAGER": "", "SNOWFLAKE_ROLE": ""}
    look = "import os; print(os.environ.get('PAGER'), os.environ.get('SNOWFLAKE_ROLE'))"
    assert run([sys.executable, "-c", look], target, environ) == 0
    assert capfd.readouterr().out.split() == ["None"], "the first one is there, and empty"


def test_the_connector_takes_the_variables_for_its_default_connection(target: Target, tmp_path: Path) -> None:
    """Though the person has a connections.toml of their own."""
    own = tmp_path / "connections.toml"
    own.write_text('[mine]\naccount = "elsewhere"\n')
    own.chmod(0o600)
    told = changes(replace(target, token_file=tmp_path / "token"), {}, None)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SNOWFLAKE_HOME": str(tmp_path)}
    environ |= {name: value for name, value in told.items() if value is not None}
    look = "from snowflake.connector import connection as c; print(c._get_default_connection_params())"
    done = subprocess.run([sys.executable, "-c", look], env=environ, capture_output=True, text=True, check=True)
    assert "'host': 'localhost'" in done.stdout
    assert f"'token_file_path': '{tmp_path / 'token'}'" in done.stdout
    assert "elsewhere" not in done.stdout


def test_what_a_program_leaves_running_is_no_fault_of_its(target: Target, tmp_path: Path) -> None:
    """It goes on writing into the folder while that is removed."""
    busy = "import os\nwhile True:\n open(os.environ['SNOWFLAKE_HOME'] + '/' + os.urandom(8).hex(), 'w').close()"
    start = (
        "import subprocess, sys, time\n"
        f"program = subprocess.Popen([sys.executable, '-c', {busy!r}], stderr=subprocess.DEVNULL)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(program.pid))\n"
        "time.sleep(0.5)\nsys.exit(3)"
    )
    try:
        assert run([sys.executable, "-c", start], target, os.environ) == 3
        assert not list(tmp_path.glob("theia-sf-proxy-*/token"))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_a_program_that_is_not_there_is_told(target: Target, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be run"):
        run([str(tmp_path / "absent")], target, os.environ)
    assert list(tmp_path.glob("theia-sf-proxy-*")) == []


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 0)])
def test_signals_reach_the_program_and_the_files_go(
    target: Target, tmp_path: Path, number: signal.Signals, expected: int
) -> None:
    """SIGTERM is handed on. Ctrl-C the terminal sends to both: to us alone it does nothing."""
    script = tmp_path / "starter.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from theia_sf.proxy.client.running import run\n"
        "from theia_sf.proxy.client.target import Target\n"
        "from theia_sf.secret import Secret\n"
        "target = Target('https', 'localhost', 8443, 'a', 'u', None, None, Secret('theia_token'))\n"
        "code = 'import time; print(1, flush=True); time.sleep(1.5)'\n"
        "sys.exit(run([sys.executable, '-c', code], target, os.environ))\n"
    )
    started = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert started.stdout is not None
    started.stdout.readline()
    time.sleep(0.2)
    started.send_signal(number)
    assert started.wait(timeout=20) == expected
    started.stdout.close()
    assert list(tmp_path.glob("theia-sf-proxy-*")) == []
