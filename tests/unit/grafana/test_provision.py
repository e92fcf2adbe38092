"""Provisioning into a folder: again, over somebody's work, with what was said the last time; and opening it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa

from theia_sf.errors import TheiaError, UsageError
from theia_sf.grafana.datasource import Method
from theia_sf.grafana.folder import RECORD, Record, Settings, write
from theia_sf.grafana.opening import opening
from theia_sf.grafana.provision import Provisioned, provision
from theia_sf.grafana.reader import choose
from theia_sf.grafana.request import Options, prepare
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import ServiceUser
from theia_sf.snowflake.keys import pem
from theia_sf.snowflake.public_keys import public_text
from theia_sf.snowflake.settings import ConnectionSettings

SETTINGS = ConnectionSettings(account="ORG-ACCT", user="ADMIN", authenticator="SNOWFLAKE_JWT")
OUTPUTS = PipelineOutputs(
    region="us-west-2",
    bucket_name="b",
    bucket_flows_folder="flows",
    database_name="ANTREA_X",
    schema_name="THEIA",
    flows_table_name="FLOWS",
    sns_topic_arn="arn",
    sqs_queue_arn="arn",
    reader_role_name="ANTREA_READER_X",
    reader_warehouse_name="ANTREA_WAREHOUSE_X",
)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
USER = ServiceUser("GRAFANA", public_key=public_text(KEY.public_key()))
COMPOSE = "compose.yaml"
RECORDED = Settings("ANTREA_X", Method.KEY_PAIR, None, None, 3000)


def run(
    folder: Path, users: tuple[ServiceUser, ...] = (USER,), outputs: PipelineOutputs = OUTPUTS, **options
) -> Provisioned:
    prepared = prepare(Options(folder=folder, **options))
    return provision(prepared, outputs, users, SETTINGS, onboard="theia-sf onboard")


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "grafana"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return private(tmp_path / "key.p8", pem(KEY))


def test_a_changed_file_stops_it_until_forced_and_then_is_kept(folder: Path) -> None:
    run(folder)
    (folder / COMPOSE).write_text("mine")
    (folder / "kustomization.yaml").write_text("mine too")
    with pytest.raises(UsageError, match=r"compose.yaml and 1 more were changed") as caught:
        run(folder)
    assert "--force" in (caught.value.hint or "")
    assert (folder / COMPOSE).read_text() == "mine"
    done = run(folder, force=True)
    assert done.written.kept == (folder / f"{COMPOSE}.bak", folder / "kustomization.yaml.bak")
    assert (folder / f"{COMPOSE}.bak").read_text() == "mine"
    (folder / COMPOSE).write_text("mine again")
    assert run(folder, force=True).written.kept == (folder / f"{COMPOSE}.2.bak",)
    assert (folder / f"{COMPOSE}.bak").read_text() == "mine"


def test_a_deleted_file_comes_back(folder: Path) -> None:
    run(folder)
    before = (folder / COMPOSE).read_text()
    (folder / COMPOSE).unlink()
    run(folder)
    assert (folder / COMPOSE).read_text() == before


def test_somebodys_folder_is_left_alone_until_forced(folder: Path) -> None:
    folder.mkdir()
    (folder / COMPOSE).write_text("theirs")
    with pytest.raises(UsageError, match="holds files that theia-sf did not write"):
        run(folder)
    assert [file.name for file in folder.iterdir()] == [COMPOSE]
    assert run(folder, force=True).written.kept == (folder / f"{COMPOSE}.bak",)


def test_what_is_provisioned_no_more_goes_unless_changed(folder: Path) -> None:
    write(folder, {"a/old.json": "old", "a/mine.json": "old", "a/kept.json": "old"}, RECORDED, None)
    record = Record(RECORDED, json.loads((folder / RECORD).read_text())["files"])
    (folder / "a/mine.json").write_text("mine")
    done = write(folder, {"a/kept.json": "new"}, RECORDED, record)
    assert done.removed == (folder / "a/old.json",)
    assert sorted(file.name for file in (folder / "a").iterdir()) == ["kept.json", "mine.json"]


@pytest.mark.parametrize("path", ["../outside", "{tmp}/outside"])
def test_a_record_names_nothing_outside_the_folder(tmp_path: Path, folder: Path, path: str) -> None:
    write(folder, {"inside": "x"}, RECORDED, None)
    (tmp_path / "outside").write_text("x")
    hashes = json.loads((folder / RECORD).read_text())["files"]
    write(folder, {}, RECORDED, Record(RECORDED, {path.format(tmp=tmp_path): hashes["inside"]}))
    assert (tmp_path / "outside").read_text() == "x"


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"settings": 1, "files": {}}', '{"files": {}}', '{"settings": {"method": "x"}, "files": {}}']
)
def test_a_broken_record_is_one_sentence(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / RECORD).write_text(text)
    with pytest.raises(UsageError, match="is not what theia-sf wrote"):
        run(folder)


def test_options_stay_as_they_were(folder: Path, tmp_path: Path) -> None:
    token = private(tmp_path / "token", "abc.def.ghi\n")
    run(folder, user="reports", token_file=token, port=3333, plugin_version="2.2.0")
    again = run(folder)
    assert (again.reader.user, again.reader.method) == ("REPORTS", Method.ACCESS_TOKEN)
    assert again.missing == ()
    (source,) = yaml.safe_load((folder / "provisioning/datasources/snowflake.yaml").read_text())["datasources"]
    assert "pat" in source["secureJsonData"]
    assert opening(folder).url == "http://127.0.0.1:3333"
    assert run(folder, port=3001).reader.user == "REPORTS"
    assert opening(folder).url == "http://127.0.0.1:3001"


def test_another_stack_does_not_get_the_user_of_the_one_before(folder: Path, key: Path) -> None:
    run(folder, user="GRAFANA", private_key_path=key)
    other = ServiceUser("GRAFANA_Y", public_key="other")
    done = run(folder, users=(other,), outputs=replace(OUTPUTS, database_name="ANTREA_Y"))
    assert done.reader.user == "GRAFANA_Y"
    assert "The folder was provisioned for ANTREA_X, and now is for ANTREA_Y" in done.warnings[-1]


def test_the_administrators_password_is_made_once(folder: Path, key: Path) -> None:
    run(folder, private_key_path=key)
    first = (folder / "secrets/grafana_admin_password").read_text()
    run(folder)
    assert (folder / "secrets/grafana_admin_password").read_text() == first
    run(folder.with_name("another"))
    assert (folder.with_name("another") / "secrets/grafana_admin_password").read_text() != first


def test_the_password_and_what_to_know_about_it(folder: Path, tmp_path: Path) -> None:
    done = run(folder, password_file=private(tmp_path / "password", "p@ss word \n"))
    assert (folder / "secrets/snowflake_password").read_text() == "p@ss word "
    assert "Snowflake refuses a password alone for service users" in done.warnings[0]


def test_two_secrets_are_one_too_many(folder: Path, key: Path) -> None:
    with pytest.raises(UsageError, match="--private-key-path and --token-file exclude each other"):
        run(folder, private_key_path=key, token_file=key)


def test_a_secret_that_others_can_read_is_refused(folder: Path, key: Path) -> None:
    key.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        run(folder, private_key_path=key)
    assert caught.value.hint == f"Run: chmod 600 {key}"
    assert not folder.exists()


def test_a_stranger_needs_the_role(folder: Path) -> None:
    done = run(folder, user="somebody")
    assert done.warnings == ("SOMEBODY is not a service user of the stack: it needs the role ANTREA_READER_X.",)


def test_a_loopback_address_is_told(folder: Path) -> None:
    settings = replace(SETTINGS, host="127.0.0.1", port=8085, protocol="http")
    done = provision(prepare(Options(folder=folder)), OUTPUTS, (USER,), settings, onboard="theia-sf onboard")
    assert "which in a container is the container itself" in done.warnings[-1]


@pytest.mark.parametrize(
    ("name", "users", "sentence", "hint"),
    [
        (None, (), "no service user with a key pair", "theia-sf onboard --service-user GRAFANA --public-key"),
        (None, (ServiceUser("A", role_arn="arn"),), "no service user with a key pair", "--service-user GRAFANA"),
        (None, (USER, replace(USER, name="A B")), "several service users", "such as --user GRAFANA"),
        ("a", (ServiceUser("A", role_arn="arn"),), "A signs in as an AWS role", "--service-user GRAFANA"),
    ],
)
def test_who_cannot_be_meant(name: str | None, users: tuple[ServiceUser, ...], sentence: str, hint: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        choose(name, OUTPUTS, users, Method.KEY_PAIR, "theia-sf onboard")
    assert hint in (caught.value.hint or "")


def test_a_stack_without_readers_is_brought_up_to_date() -> None:
    with pytest.raises(TheiaError) as caught:
        choose(None, replace(OUTPUTS, reader_role_name=""), (USER,), Method.KEY_PAIR, "theia-sf onboard")
    assert caught.value.hint == "Bring it up to date: theia-sf onboard"


def test_opening_tells_what_is_missing(folder: Path, key: Path) -> None:
    with pytest.raises(UsageError, match="was not provisioned"):
        opening(folder)
    run(folder)
    with pytest.raises(UsageError, match="secrets/snowflake_key") as caught:
        opening(folder)
    assert (caught.value.hint or "").endswith("--private-key-path FILE")
    run(folder, private_key_path=key)
    assert opening(folder).command == f"docker compose -f {folder}/compose.yaml up -d"
    (folder / "secrets/snowflake_key").chmod(0o640)
    with pytest.raises(UsageError, match="Others than you can read"):
        opening(folder)
    (folder / "secrets/snowflake_key").chmod(0o600)
    (folder / "kubernetes/service.yaml").unlink()
    with pytest.raises(UsageError, match=r"service.yaml is missing"):
        opening(folder)


@pytest.mark.parametrize(
    ("ports", "url"),
    [
        ("127.0.0.1:8080:3000", "http://127.0.0.1:8080"),
        ("8080:3000", "http://127.0.0.1:8080"),
        ("0.0.0.0:80:3000", "http://127.0.0.1:80"),
    ],
)
def test_the_address_is_that_of_the_compose_file(folder: Path, key: Path, ports: str, url: str) -> None:
    run(folder, private_key_path=key)
    text = (folder / COMPOSE).read_text()
    (folder / COMPOSE).write_text(text.replace("127.0.0.1:3000:3000", ports))
    assert opening(folder).url == url


@pytest.mark.parametrize("text", ["", "services: []", "a: [", "services: {grafana: {ports: []}}"])
def test_a_compose_file_without_an_address(folder: Path, key: Path, text: str) -> None:
    run(folder, private_key_path=key)
    (folder / COMPOSE).write_text(text)
    with pytest.raises(UsageError, match="does not say where Grafana is"):
        opening(folder)
