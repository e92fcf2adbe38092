from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from theia_sf.aws.session import CallerIdentity
from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.identity import workload
from theia_sf.identity.bindings import Binding, Bindings
from theia_sf.identity.role_arns import parse_role_arn
from theia_sf.identity.workload import Caller, check, find_caller, workload_settings
from theia_sf.snowflake.errors import LoginRefusedError, UnknownWorkloadError
from theia_sf.snowflake.sign_in import SignIn

ROLE = parse_role_arn("arn:aws:sts::123456789012:assumed-role/flow-reader/i-1")
CALLER = Caller(ROLE.given, ROLE)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Have Snowflake refuse the sign-in with the last of these."""
    monkeypatch.setattr(workload, "_role_path", lambda role: "")
    errors: list[Exception] = [UnknownWorkloadError("nobody")]

    @contextmanager
    def session(settings: Any, **_: Any) -> Any:
        raise errors[-1]
        yield

    monkeypatch.setattr(workload, "session", session)
    return errors


def bindings(role: str, user: str = "SVC", **more: Any) -> Bindings:
    details = {"awspartition": "aws", "awsaccount": "123456789012", "type": "IAM_ROLE", "iamrole": role}
    return Bindings((Binding(user, "DEFAULT", "AWS", details, **more),))


def finding(found: Bindings | None, caller: Caller = CALLER, *, by_token: bool = False) -> workload.Finding:
    settings: Any = SimpleNamespace(
        workload_identity_aws_use_outbound_token=by_token, workload_identity_impersonation_path=()
    )
    return check(caller, settings, lambda: found)


@pytest.mark.usefixtures("refused")
def test_nobody() -> None:
    for found in (Bindings(()), bindings("another-role"), None):
        told = finding(found)
        assert told.user is None
        assert ("may have been bound by an ARN with a path" in (told.fault or "")) == (found is None)
        assert told.statement == (
            'CREATE USER "FLOW_READER" TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN ='
            " 'arn:aws:iam::123456789012:role/flow-reader');"
        )
        assert told.command == (
            "theia-sf workload-identity create FLOW_READER --role-arn arn:aws:iam::123456789012:role/flow-reader"
        )


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize(("role", "path"), [("service-role", ""), ("service-role/flow-reader", ""), ("team", "team/a")])
def test_the_path_for_the_role(role: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "_role_path", lambda role: path)
    told = finding(bindings(role))
    assert told.fault is not None
    assert told.fault.startswith(f"SVC was bound to arn:aws:iam::123456789012:role/{role}: ")
    assert "path" in told.fault
    assert (told.statement or "").startswith('ALTER USER "SVC" SET WORKLOAD_IDENTITY')


@pytest.mark.usefixtures("refused")
def test_bound_and_yet_refused() -> None:
    assert "disabled" in (finding(bindings("flow-reader", status="DISABLED")).fault or "")
    told = finding(bindings("flow-reader"))
    assert "SVC is bound to this role" in (told.fault or "")
    assert told.statement is None


@pytest.mark.usefixtures("refused")
def test_the_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = "https://0a1b2c3d-1111-2222-3333-444455556666.tokens.sts.global.api.aws"
    payload = base64.urlsafe_b64encode(json.dumps({"iss": issuer}).encode()).decode().rstrip("=")
    sts = SimpleNamespace(get_web_identity_token=lambda **_: {"WebIdentityToken": f"e30.{payload}.sig"})
    monkeypatch.setattr(workload, "client", lambda service, region: sts)
    told = finding(bindings("flow-reader"), by_token=True)
    assert f"the issuer none, and the token's is {issuer}" in (told.fault or "")
    assert f"--issuer {issuer}" in (told.command or "")
    assert f"ISSUER = '{issuer}'" in (told.statement or "")
    assert f"ISSUER = '{issuer}'" in (finding(None, by_token=True).statement or "")


@pytest.mark.usefixtures("refused")
def test_a_user_is_no_role() -> None:
    told = finding(Bindings(()), Caller("arn:aws:iam::123456789012:user/anna", None, fault="It is a user."))
    assert (told.fault, told.statement) == ("It is a user.", None)


def test_other_refusals_are_no_finding(refused: list[Exception]) -> None:
    for error in (LoginRefusedError("A network policy"), ConnectionFailedError("unreachable")):
        refused.append(error)
        with pytest.raises(ConnectionFailedError):
            finding(None)


def test_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def caller(arn: str, *path: str) -> Caller:
        monkeypatch.setattr(workload, "caller_identity", lambda region: CallerIdentity("123456789012", arn))
        return find_caller(None, path)

    assert caller(ROLE.given) == Caller(ROLE.given, ROLE)
    for arn in ("arn:aws:iam::123456789012:user/anna", "arn:aws:iam::123456789012:root"):
        nobody = caller(arn)
        assert (nobody.role, "not a role" in (nobody.fault or "")) == (None, True)
        assert "--impersonation-path ARN" in (nobody.fault or "")
    last = "arn:aws:iam::123456789012:role/shared"
    found = caller(ROLE.given, "arn:aws:iam::123456789012:role/first", last)
    assert (found.arn, found.role and found.role.arn) == (ROLE.given, last)
    with pytest.raises(UsageError):
        caller(ROLE.given, "shared")


def test_settings_are_nobodys() -> None:
    environ = {
        "SNOWFLAKE_ACCOUNT": "org-acct",
        "SNOWFLAKE_HOST": "localhost",
        "SNOWFLAKE_PORT": "8080",
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_USER": "ANNA",
        "SNOWFLAKE_PASSWORD": "very secret",
        "SNOWFLAKE_ROLE": "ACCOUNTADMIN",
        "SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": "arn:aws:iam::123456789012:role/shared",
    }
    found = workload_settings(SignIn(user="ANNA", role="R"), environ)
    assert (found.account, found.endpoint) == ("org-acct", "http://localhost:8080")
    assert (found.user, found.role, found.password, found.authenticator) == ("", None, None, "WORKLOAD_IDENTITY")
    assert found.workload_identity_provider == "AWS"
    assert found.workload_identity_impersonation_path == ("arn:aws:iam::123456789012:role/shared",)
