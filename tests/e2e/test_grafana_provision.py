"""Grafana for a stack, as a user gets it: a service user, the provisioned folder, and a sign-in with what is in it."""

from __future__ import annotations

import base64
import json
import shutil
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate
import pytest
import snowflake.connector
import yaml

from tests.e2e.conftest import Stack
from theia_sf_dashboards.interpolation import Scope, Selection, interpolate
from theia_sf_dashboards.macros import MacroContext, expand

PASSPHRASE = "correct horse"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key pair as OpenSSL makes it, encrypted, and another user's."""
    folder = tmp_path_factory.mktemp("keys")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("genrsa", "-out", "plain.pem", "2048")
    openssl("rsa", "-in", "plain.pem", "-pubout", "-out", "grafana.pub")
    openssl("pkcs8", "-topk8", "-in", "plain.pem", "-out", "grafana.p8", "-passout", f"pass:{PASSPHRASE}")
    openssl("genrsa", "-out", "other.pem", "2048")
    for file in folder.iterdir():
        file.chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def ready(stack: Stack, keys: Path) -> Stack:
    """The stack, with a service user for Grafana."""
    user = ["--service-user", "E2E_GRAFANA", "--public-key", str(keys / "grafana.pub")]
    stack.cli.run("onboard", *user, check=True)
    return stack


@pytest.fixture(scope="module")
def provisioned(ready: Stack, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grafana") / "of the stack"
    arguments = ("grafana", "provision", "--output", str(folder), "--private-key-path", str(keys / "grafana.p8"))
    done = ready.cli.run(*arguments, env={"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": PASSPHRASE}, check=True)
    assert "Grafana signs in to Snowflake as E2E_GRAFANA, by key-pair." in done.stderr
    assert f"theia-sf grafana open '{folder}'" in done.stderr
    assert "Still to come" not in done.stderr
    return folder


def data_source(folder: Path) -> dict[str, Any]:
    (source,) = yaml.safe_load((folder / "provisioning/datasources/snowflake.yaml").read_text())["datasources"]
    return source


def connect(folder: Path) -> snowflake.connector.SnowflakeConnection:
    """Sign in with what Grafana is given, by the rules of the plugin's driver: user@account?parameters."""
    source = data_source(folder)
    settings: dict[str, str] = source["jsonData"]
    where = urlsplit(f"//{settings['account']}")
    extra = {name: values[0] for name, values in parse_qs(settings["extraConfig"]).items()}
    ((name, value),) = source["secureJsonData"].items()
    inside = value.removeprefix("$__file{/etc/grafana/").removesuffix("}")
    secret = (folder / inside).read_text()
    given = {"private_key": base64.urlsafe_b64decode(secret)} if name == "privateKey" else {"password": secret}
    return snowflake.connector.connect(
        account=extra["account"],
        protocol=extra["protocol"],
        host=where.hostname,
        port=where.port,
        user=settings["username"],
        role=settings["role"],
        warehouse=settings["warehouse"],
        database=settings["database"],
        schema=settings["schema"],
        **given,
    )


def texts(folder: Path) -> str:
    """Everything in a folder but its secrets."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.parent.name != "secrets"]
    return "\n".join(file.read_text() for file in files)


def test_a_stack_without_a_user_says_how_to_make_one(stack: Stack, tmp_path: Path) -> None:
    """First, before the others have made one."""
    done = stack.cli.run("grafana", "provision", "--output", str(tmp_path / "grafana"))
    assert done.returncode == 2
    assert done.stderr == (
        "Error: The stack has no service user with a key pair that Grafana could sign in as.\n"
        "Hint: Make one: theia-sf onboard --service-user GRAFANA --public-key grafana.pub\n"
    )
    assert not (tmp_path / "grafana").exists()


def test_what_is_written_signs_in_and_reads_the_flows(provisioned: Path, ready: Stack) -> None:
    with connect(provisioned) as connection:
        cursor = connection.cursor()
        (found,) = cursor.execute("SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_SCHEMA()").fetchall()  # type: ignore[union-attr]
        assert found == ("E2E_GRAFANA", ready.status()["reader_role_name"], "THEIA")
        assert cursor.execute("SELECT COUNT(*) FROM FLOWS").fetchall() == [(0,)]  # type: ignore[union-attr]
        with pytest.raises(snowflake.connector.errors.ProgrammingError):
            cursor.execute("DELETE FROM FLOWS")


def test_a_panel_of_the_provisioned_dashboards_shows_the_flows(provisioned: Path, ready: Stack) -> None:
    ready.cli.run("sandbox", "flows", "--rows", "400", "--days", "1", "--upload", check=True)
    ready.wait("SELECT COUNT(*) FROM FLOWS", 400)
    dashboard = json.loads((provisioned / "provisioning/dashboards/flow_records_dashboard.json").read_text())
    (panel,) = [one for one in dashboard["panels"] if (one["title"], one["type"]) == ("Flow Records Count", "stat")]
    assert panel["datasource"]["uid"] == data_source(provisioned)["uid"]
    everything = Selection((), all_chosen=True, all_value="'__all'")
    names = [one["name"] for one in dashboard["templating"]["list"]]
    end = datetime.now(UTC) + timedelta(days=1)
    start = end - timedelta(days=5)
    scope = Scope(start, end, dict.fromkeys(names, everything))
    sql = expand(interpolate(panel["targets"][0]["queryText"], scope), MacroContext(start, end)).sql
    with connect(provisioned) as connection:
        assert connection.cursor().execute(sql).fetchall() == [(400,)]  # type: ignore[union-attr]


def test_a_secret_is_in_its_own_file_alone(provisioned: Path, ready: Stack) -> None:
    secrets = provisioned / "secrets"
    assert {file.name for file in secrets.iterdir()} == {"snowflake_key", "grafana_admin_password"}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    written, said = texts(provisioned), "".join(ready.cli.seen)
    for file in secrets.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text()) >= 20
        assert file.read_text() not in written
        assert file.read_text() not in said


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kustomize comes with kubectl")
def test_kustomize_makes_of_it_what_the_pod_mounts(provisioned: Path) -> None:
    done = subprocess.run(["kubectl", "kustomize", str(provisioned)], capture_output=True, text=True, check=True)
    objects = list(yaml.safe_load_all(done.stdout))
    for one in objects:
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
    made = {(one["kind"], one["metadata"]["name"]) for one in objects}
    (deployment,) = [one for one in objects if one["kind"] == "Deployment"]
    volumes = {one["name"]: one for one in deployment["spec"]["template"]["spec"]["volumes"]}
    mounted = {("ConfigMap", one["configMap"]["name"]) for one in volumes["dashboards"]["projected"]["sources"]}
    mounted.add(("ConfigMap", volumes["datasources"]["configMap"]["name"]))
    mounted.add(("Secret", volumes["secrets"]["secret"]["secretName"]))
    assert {one for one in made if one[0] in {"ConfigMap", "Secret"}} == mounted
    assert {one["metadata"].get("namespace", "flow-visibility") for one in objects} == {"flow-visibility"}


def test_open_prints_the_command_and_the_address(provisioned: Path, ready: Stack) -> None:
    done = ready.cli.run("grafana", "open", str(provisioned), check=True)
    assert done.stdout == f"docker compose -f '{provisioned}/compose.yaml' up -d\nhttp://127.0.0.1:3000\n"
    found = ready.cli.json("grafana", "open", str(provisioned))
    assert found["command"] == done.stdout.splitlines()[0]
    assert found["kubernetes"] == f"kubectl apply --server-side -k '{provisioned}'"
    assert Path(found["password_file"]).read_text()


def test_again_changes_nothing_and_keeps_the_secrets(provisioned: Path, ready: Stack) -> None:
    before = {file: file.read_bytes() for file in provisioned.rglob("*") if file.is_file()}
    ready.cli.run("grafana", "provision", "--output", str(provisioned), check=True)
    assert {file: file.read_bytes() for file in provisioned.rglob("*") if file.is_file()} == before


def test_an_access_token_works_with_the_published_plugin(ready: Stack, tmp_path: Path) -> None:
    role = ready.status()["reader_role_name"]
    made = ready.query(f"ALTER USER E2E_GRAFANA ADD PROGRAMMATIC ACCESS TOKEN E2E_TOKEN ROLE_RESTRICTION = '{role}'")
    (tmp_path / "token").write_text(f"{made[0][1]}\n")
    (tmp_path / "token").chmod(0o600)
    folder = tmp_path / "grafana"
    ready.cli.run("grafana", "provision", "--output", str(folder), "--token-file", str(tmp_path / "token"), check=True)
    assert list(data_source(folder)["secureJsonData"]) == ["password"]
    with connect(folder) as connection:
        assert connection.cursor().execute("SELECT CURRENT_USER()").fetchall() == [("E2E_GRAFANA",)]  # type: ignore[union-attr]
    ready.query("ALTER USER E2E_GRAFANA REMOVE PROGRAMMATIC ACCESS TOKEN E2E_TOKEN")


def test_without_a_secret_it_says_what_is_to_come(ready: Stack, tmp_path: Path) -> None:
    done = ready.cli.run("grafana", "provision", "--output", "later", "--format", "json", check=True)
    assert {Path(row["path"]).name for row in json.loads(done.stdout)} >= {"compose.yaml", "kustomization.yaml"}
    assert "Still to come: later/secrets/snowflake_key." in done.stderr
    refused = ready.cli.run("grafana", "open", "later")
    assert refused.returncode == 2
    assert "later/secrets/snowflake_key" in refused.stderr
    assert "--private-key-path FILE" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--private-key-path", "{keys}/grafana.p8"], "is encrypted, and no passphrase was given"),
        (["--user", "x" * 300], "cannot be a Snowflake name"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    ready: Stack, keys: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    filled = [argument.format(keys=keys) for argument in arguments]
    done = ready.cli.run("grafana", "provision", "--output", str(tmp_path / "grafana"), *filled)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert sentence in done.stderr
    assert not (tmp_path / "grafana").exists()


def test_a_wrong_passphrase_opens_nothing(ready: Stack, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("wrong")
    (tmp_path / "passphrase").chmod(0o600)
    key = ["--private-key-path", str(keys / "grafana.p8"), "--passphrase-file", str(tmp_path / "passphrase")]
    done = ready.cli.run("grafana", "provision", "--output", str(tmp_path / "grafana"), *key)
    assert done.returncode == 2
    assert "does not open the private key" in done.stderr
    assert not (tmp_path / "grafana").exists()


def test_the_key_of_somebody_else_is_noticed(ready: Stack, keys: Path, tmp_path: Path) -> None:
    key = ["--private-key-path", str(keys / "other.pem")]
    done = ready.cli.run("grafana", "provision", "--output", str(tmp_path / "grafana"), *key, check=True)
    assert "Warning: The private key is not of the pair that E2E_GRAFANA was onboarded with" in done.stderr
