"""Which source wins: flags, variables, the credentials file, Snowflake's own files, AWS Secrets Manager."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from theia_sf.aws import secrets
from theia_sf.credentials import file as credentials_file
from theia_sf.credentials.fields import FIELDS
from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.connections_file import read_connection
from theia_sf.snowflake.settings import ConnectionSettings, SignIn, resolve

VARIABLES = {"SNOWFLAKE_ACCOUNT": "ORG-VAR", "SNOWFLAKE_USER": "VAR", "SNOWFLAKE_PASSWORD": "pw-var"}
CONNECTION = {"account": "ORG-TOML", "user": "TOML", "password": "pw-toml", "role": "R-TOML"}
ENCRYPTED = {"account": "ORG-ENV", "user": "ENV", "private_key": "pem-env", "role": "R-ENV"}
SECRET = {"account": "ORG-AWS", "username": "AWS", "token": "tok-aws", "rolename": "R-AWS"}


@dataclass
class FakeFile:
    """A credentials file whose values need no KMS; it counts what is decrypted."""

    path: Path
    encrypted: dict[str, str]
    plain: dict[str, str] = field(default_factory=dict[str, str])
    aws: dict[str, str] = field(default_factory=dict[str, str])
    decrypted: list[str] = field(default_factory=list[str])

    clear_secrets: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.encrypted)

    def decrypt(self, names: Iterable[str]) -> dict[str, Secret]:
        wanted = sorted(names)
        self.decrypted += wanted
        return {name: Secret(self.encrypted[name], mask=False) for name in wanted}


@dataclass
class World:
    """The sources: what is in each, and what was asked of each."""

    home: Path
    file: FakeFile | None = None
    secret: dict[str, str] | None = None
    read: list[str] = field(default_factory=list[str])

    def connections(self, name: str = "connections.toml", mode: int = 0o600, **tables: dict[str, str]) -> None:
        text = "".join(
            f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
            for table, values in tables.items()
        )
        self.write(text, name, mode)

    def write(self, text: str, name: str = "connections.toml", mode: int = 0o600) -> Path:
        (self.home / name).write_text(text)
        (self.home / name).chmod(mode)
        return self.home / name

    def resolve(self, flags: SignIn | None = None, **variables: str) -> ConnectionSettings:
        return resolve(flags, {"SNOWFLAKE_HOME": str(self.home), **variables})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    made = World(tmp_path / "snowflake")
    made.home.mkdir()

    def open_file(path: Path) -> FakeFile:
        made.read.append(str(path))
        assert made.file is not None
        return made.file

    def read_secret(secret_id: str) -> dict[str, str]:
        made.read.append(secret_id)
        assert made.secret is not None
        return made.secret

    monkeypatch.setattr(credentials_file, "default_file", lambda _: made.file.path if made.file else None)
    monkeypatch.setattr(credentials_file, "open_file", open_file)
    monkeypatch.setattr(secrets, "read_secret", read_secret)
    return made


# What there is (v: variables, e: .env, t: the default connection, s: a secret that is named) -> what is used.
@pytest.mark.parametrize(
    ("there", "account", "user", "authenticator", "role"),
    [
        ("vets", "ORG-VAR", "VAR", "SNOWFLAKE", None),
        ("ets", "ORG-ENV", "ENV", "SNOWFLAKE_JWT", "R-ENV"),
        ("ts", "ORG-TOML", "TOML", "SNOWFLAKE", "R-TOML"),
        ("s", "ORG-AWS", "AWS", "PROGRAMMATIC_ACCESS_TOKEN", "R-AWS"),
        ("vs", "ORG-VAR", "VAR", "SNOWFLAKE", None),
        ("es", "ORG-ENV", "ENV", "SNOWFLAKE_JWT", "R-ENV"),
    ],
)
def test_the_strongest_source_that_is_there(
    world: World, there: str, account: str, user: str, authenticator: str, role: str | None
) -> None:
    world.file = FakeFile(Path(".env"), ENCRYPTED) if "e" in there else None
    if "t" in there:
        world.connections(default=CONNECTION)
    world.secret = SECRET
    flags = SignIn(secret_id="the-secret") if "s" in there else None
    found = world.resolve(flags, **(VARIABLES if "v" in there else {}))
    assert (found.account, found.user, found.authenticator, found.role) == (account, user, authenticator, role)
    if "v" in there:
        assert world.read == ["the-secret"], "a file that was not named is not opened without need"


def test_flags_win_field_by_field(world: World) -> None:
    world.connections(dev=CONNECTION)
    found = world.resolve(SignIn(connection="dev", user="CAROL", role="S"))
    assert (found.account, found.user, found.role, found.password) == ("ORG-TOML", "CAROL", "S", Secret("pw-toml"))
    assert (
        found.source == f"account and credentials from connection dev in {world.home}/connections.toml; user from flags"
    )


def test_a_source_of_another_account_gives_nothing_and_that_is_said(world: World) -> None:
    world.connections(default=CONNECTION)
    with pytest.raises(ConnectionFailedError, match="There is nothing to sign in to Snowflake with") as refused:
        world.resolve(SNOWFLAKE_ACCOUNT="ORG-OTHER", SNOWFLAKE_USER="ALICE")
    assert "are for the account ORG-TOML, and were left out" in str(refused.value.hint)


def test_an_account_flag_does_not_send_the_variables_password_elsewhere(world: World) -> None:
    with pytest.raises(ConnectionFailedError) as refused:
        world.resolve(SignIn(account="ORG-OTHER"), **VARIABLES)
    assert "SNOWFLAKE_* variables are for the account ORG-VAR" in str(refused.value.hint)


@pytest.mark.parametrize("spelling", ["org-toml", "ORG_TOML", "https://org-toml.snowflakecomputing.com", "Org-Toml"])
def test_spellings_of_one_account_are_one_account(world: World, spelling: str) -> None:
    world.connections(default=CONNECTION | {"account": "ORG-TOML"})
    found = world.resolve(SNOWFLAKE_ACCOUNT=spelling.replace("ORG_TOML", "org-toml"), SNOWFLAKE_USER="ALICE")
    assert (found.user, found.password, found.role) == ("ALICE", Secret("pw-toml"), "R-TOML")
    assert found.source.endswith("connections.toml")
    assert found.source.startswith("account and user from SNOWFLAKE_* variables; credentials from connection default")


def test_credentials_are_not_mixed(world: World) -> None:
    world.connections(dev=CONNECTION | {"private_key_passphrase": "phrase-toml", "private_key_path": "k"})
    found = world.resolve(SignIn(connection="dev"), SNOWFLAKE_TOKEN="tok-var")
    assert (found.authenticator, found.token) == ("PROGRAMMATIC_ACCESS_TOKEN", Secret("tok-var"))
    assert (found.password, found.private_key_path, found.private_key_passphrase) == (None, None, None)


def test_the_endpoint_is_not_mixed(world: World) -> None:
    world.connections(dev=CONNECTION | {"host": "proxy", "port": "8443"})
    assert world.resolve(SignIn(connection="dev")).endpoint == "https://proxy:8443"
    found = world.resolve(SignIn(connection="dev"), SNOWFLAKE_HOST="127.0.0.1", SNOWFLAKE_PROTOCOL="http")
    assert found.endpoint == "http://127.0.0.1:443"


def test_a_passcode_in_a_variable_goes_with_a_password_from_a_file(world: World) -> None:
    world.connections(dev=CONNECTION)
    found = world.resolve(SignIn(connection="dev"), SNOWFLAKE_PASSCODE="123456")
    assert (found.authenticator, found.passcode) == ("USERNAME_PASSWORD_MFA", Secret("123456"))


def test_a_key_file_by_flag_is_opened_with_the_passphrase_in_the_variable(world: World) -> None:
    more = VARIABLES | {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "phrase-var", "SNOWFLAKE_PRIVATE_KEY_PATH": "other.p8"}
    found = world.resolve(SignIn(private_key_path="k.p8"), **more)
    assert (found.authenticator, found.private_key_path) == ("SNOWFLAKE_JWT", Path("k.p8"))
    assert (found.private_key_passphrase, found.password) == (Secret("phrase-var"), None)


def test_a_stray_passphrase_does_not_displace_that_of_the_key(world: World) -> None:
    world.connections(dev={"account": "A", "user": "U", "private_key_file": "k", "private_key_file_pwd": "phrase-toml"})
    found = world.resolve(SignIn(connection="dev"), SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="stray-one")
    assert found.private_key_passphrase == Secret("phrase-toml")


def test_an_authenticator_by_flag_chooses_among_what_there_is(world: World) -> None:
    more = {"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC", "SNOWFLAKE_TOKEN": "tok-var", **VARIABLES}
    found = world.resolve(SignIn(authenticator="oauth"), **more)
    assert (found.authenticator, found.token) == ("OAUTH", Secret("tok-var"))
    assert world.resolve(SignIn(authenticator="workload_identity"), **more).workload_identity_provider == "OIDC"


def test_only_what_is_missing_is_decrypted(world: World) -> None:
    world.file = FakeFile(Path(".env"), ENCRYPTED | {"password": "pw-env"}, plain={"role": "R-PLAIN", "user": "PLAIN"})
    found = world.resolve(SNOWFLAKE_ACCOUNT="org-env", SNOWFLAKE_TOKEN="tok-var")
    assert found.authenticator == "PROGRAMMATIC_ACCESS_TOKEN"
    assert world.read == []
    found = world.resolve(SignIn(credentials_file=".env"), SNOWFLAKE_ACCOUNT="org-env", SNOWFLAKE_TOKEN="tok-var")
    assert (found.user, found.role) == ("ENV", "R-ENV")
    assert sorted(set(world.file.decrypted)) == ["account", "role", "user"]


def test_a_password_in_clear_in_a_credentials_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.env").write_text("SNOWFLAKE_ACCOUNT=ORG-ENV\nSNOWFLAKE_USER=ENV\nSNOWFLAKE_PASSWORD=in-clear-1\n")
    Path("my.env").chmod(0o600)
    flags = SignIn(credentials_file="my.env")
    with pytest.raises(ConnectionFailedError, match="There is nothing to sign in to Snowflake with"):
        resolve(flags, {"SNOWFLAKE_HOME": str(tmp_path)})
    assert "SNOWFLAKE_PASSWORD in clear in my.env is not read" in caplog.text
    assert "in-clear-1" not in caplog.text
    found = resolve(flags, {"SNOWFLAKE_HOME": str(tmp_path), "SNOWFLAKE_TOKEN": "tok-var"})
    assert (found.account, found.user) == ("ORG-ENV", "ENV")
    assert found.source == "account and user from the credentials file my.env; credentials from SNOWFLAKE_* variables"


def test_the_default_credentials_file_is_opened_only_for_what_is_missing(world: World) -> None:
    world.file = FakeFile(Path(".env"), ENCRYPTED)
    assert world.resolve(**VARIABLES).user == "VAR"
    assert world.read == []


@pytest.mark.parametrize(
    ("flags", "variables", "warning"),
    [
        (
            SignIn(connection="dev"),
            VARIABLES,
            "SNOWFLAKE_ACCOUNT, SNOWFLAKE_USER, SNOWFLAKE_PASSWORD",
        ),
        (SignIn(connection="dev"), {"SNOWFLAKE_TOKEN": "tok-var"}, "SNOWFLAKE_TOKEN"),
        (SignIn(connection="dev"), {"SNOWFLAKE_ACCOUNT": "org-toml", "SNOWFLAKE_USER": "toml"}, None),
        (SignIn(connection="dev", user="BOB"), {"SNOWFLAKE_USER": "VAR", "SNOWFLAKE_ROLE": "R"}, None),
        (SignIn(), VARIABLES, None),
    ],
)
def test_a_named_source_that_variables_overrule_is_told_of(
    world: World, caplog: pytest.LogCaptureFixture, flags: SignIn, variables: dict[str, str], warning: str | None
) -> None:
    world.connections(dev=CONNECTION)
    with caplog.at_level(logging.WARNING):
        world.resolve(flags, **variables)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == (warning is not None)
    if warning is not None:
        assert told[0].startswith(f"Used from variables, not from connection dev in {world.home}")
        assert f": {warning}. Unset them" in told[0]


def test_the_sources_may_be_named_by_variables(world: World) -> None:
    world.connections(dev=CONNECTION)
    world.secret = SECRET
    assert world.resolve(THEIA_SF_CONNECTION="dev").account == "ORG-TOML"
    assert world.resolve(THEIA_SF_SECRET_ID="the-secret").account == "ORG-AWS"
    world.file = FakeFile(Path("x.env"), ENCRYPTED)
    assert world.resolve(THEIA_SF_CREDENTIALS_FILE="x.env").account == "ORG-ENV"


def test_a_secret_without_anything_for_snowflake(world: World) -> None:
    world.secret = {"api_key": "x", "role": "R"}
    with pytest.raises(UsageError, match="neither an account nor credentials") as refused:
        world.resolve(SignIn(secret_id="the-secret"))
    assert '"account"' in str(refused.value.hint)


def test_every_field_can_stand_in_a_connection_under_each_of_its_keys(world: World) -> None:
    for entry in FIELDS.values():
        for key in entry.keys:
            world.write(f'[dev]\n{key.upper()} = "value"\n')
            assert read_connection("dev", {"SNOWFLAKE_HOME": str(world.home)})[0] == {entry.name: "value"}


def test_toml_types(world: World) -> None:
    text = '[dev]\naccount = "A"\nauthenticator = "WORKLOAD_IDENTITY"\nport = 8443\n'
    text += (
        'workload_identity_impersonation_path = ["arn:1", "arn:2"]\nworkload_identity_aws_use_outbound_token = true\n'
    )
    world.write(text)
    found = world.resolve(SignIn(connection="dev"))
    assert (found.port, found.workload_identity_impersonation_path) == (8443, ("arn:1", "arn:2"))
    assert found.workload_identity_aws_use_outbound_token


def test_config_toml_and_the_default_connection(world: World) -> None:
    text = 'default_connection_name = "prod"\n[connections.prod]\naccount = "ORG-PROD"\nuser = "EVE"\ntoken = "tok-1"\n'
    world.write(text, "config.toml")
    assert world.resolve().account == "ORG-PROD"
    assert world.resolve(**VARIABLES).account == "ORG-VAR"


def test_connections_toml_replaces_the_table_in_config_toml(world: World) -> None:
    world.write('[connections.old]\naccount = "ORG-OLD"\n', "config.toml")
    world.write('[new]\naccount = "ORG-NEW"\n')
    with pytest.raises(ConnectionFailedError, match="There is no connection old") as refused:
        world.resolve(SignIn(connection="old"))
    assert refused.value.hint == "It has: new."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_is_refused(world: World, mode: int) -> None:
    path = world.write("[dev]\n", mode=mode)
    with pytest.raises(UsageError, match=f"mode 0{mode:o}") as refused:
        world.resolve(SignIn(connection="dev"))
    assert refused.value.hint == f"Run: chmod 600 {path}"


@pytest.mark.parametrize("text", ["[dev", "dev = 1", "\x00", "[dev]\npassword = hunter-two\n"])
def test_a_broken_file_is_one_sentence_and_what_to_do(world: World, text: str) -> None:
    world.write(text)
    with pytest.raises(UsageError) as refused:
        world.resolve(SignIn(connection="dev"))
    assert refused.value.hint
    assert "hunter" not in refused.value.message


def test_a_named_source_that_the_folders_env_overrules_is_told_of(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.file = FakeFile(Path(".env"), ENCRYPTED)
    world.connections(dev=CONNECTION)
    with caplog.at_level(logging.WARNING):
        world.resolve(SignIn(connection="dev"))
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith(f"Used from the credentials file .env, not from connection dev in {world.home}")
    assert told.endswith("Run theia-sf in another folder to use it.")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        world.resolve(SignIn(connection="dev", credentials_file=".env"))
    assert next(record.getMessage() for record in caplog.records).endswith("Name one of the two.")


def test_the_keys_of_a_secret_may_be_names_of_variables(world: World) -> None:
    world.secret = {f"SNOWFLAKE_{key.upper()}": value for key, value in SECRET.items()}
    assert world.resolve(SignIn(secret_id="the-secret")).account == "ORG-AWS"
