from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from snowflake.connector.errors import DatabaseError, OperationalError, ProgrammingError

from theia_sf.errors import ConnectionFailedError, ExitCode
from theia_sf.secret import Secret
from theia_sf.snowflake import errors, keys, login_errors, login_sentences
from theia_sf.snowflake.settings import ConnectionSettings

SETTINGS = ConnectionSettings("ORG-ACCT", "ALICE", "SNOWFLAKE", role="ANALYST")
PREFIX = "250001 (08001): None: Failed to connect to DB: org-acct.snowflakecomputing.com:443. "


@pytest.mark.parametrize(
    ("number", "text", "sentence"),
    [
        (390100, "Incorrect username or password was specified.", "refused the user name or password of ALICE"),
        (250001, "Incorrect username or password was specified.", "refused the user name or password of ALICE"),
        (390144, "JWT token is invalid. [0ce9eb56]", "refused the key pair of ALICE"),
        (394304, "JWT token public key fingerprint mismatch.", "does not have the public key of this private key"),
        (250001, "JWT token public key fingerprint mismatch.", "does not have the public key of this private key"),
        (394301, "JWT token is expired.", "had expired when it arrived"),
        (394302, "JWT token is not yet valid.", "is from the future"),
        (394307, "JWT token account mismatch.", "meant for another account than ORG-ACCT"),
        (390303, "Invalid OAuth access token. [0ce9]", "OAuth token of ALICE at ORG-ACCT: it is invalid"),
        (390318, "OAuth access token expired. [0ce9]", "OAuth token of ALICE has expired"),
        (250001, "OAuth access token expired.", "OAuth token of ALICE has expired"),
        (390101, "User access disabled. Contact your local system administrator.", "ALICE is disabled"),
        (390139, "The specified authenticator is not accepted.", "does not let ALICE sign in by password"),
        (250001, "Authenticator type is not supported: X.", "does not let ALICE sign in by password"),
        (390190, "There was an error related to the SAML Identity Provider account parameter.", "no identity provider"),
        (390191, "The user you were trying to authenticate as differs from the user.", "somebody else than ALICE"),
        (250001, "JWT token is invalid.", "refused the key pair of ALICE"),
        (250001, "Multi-factor authentication is required for this account.", "multi-factor authentication"),
        (390422, "Incoming request with IP/Token 1.2.3.4 is not allowed to access Snowflake.", "network policy"),
        (250001, "IP 1.2.3.4 is not allowed to access Snowflake.", "network policy"),
        (390102, "Your user account has been temporarily locked.", "is locked after too many"),
        (250001, "Role 'ANALYST' specified in the connect string does not exist or not authorized.", "role ANALYST"),
        (394400, "Programmatic access token is invalid.", "refused the access token of ALICE"),
        (250001, "Programmatic access token has expired.", "access token of ALICE has expired"),
        (394507, "Failed to authenticate: TOTP Invalid. [0c]", "refused the passcode of ALICE"),
        (394508, "Failed to authenticate: MFA with TOTP is required.", "wants multi-factor authentication for ALICE"),
        (
            390309,
            "The user you were trying to authenticate as differs from the user tied.",
            "for another user than ALICE",
        ),
        (390317, "The role requested in the connection is not listed in the Access Token.", "allow the role ANALYST"),
        (390133, "SAML response is invalid or matching user is not found.", "what the browser brought for ALICE"),
        (
            250001,
            "The attestation is 20 minutes old.",
            "refused the sign-in of ALICE: The attestation is 20 minutes old.",
        ),
        (399999, "Something new.", "refused the sign-in of ALICE: Something new."),
    ],
)
def test_refusals(number: int, text: str, sentence: str) -> None:
    found = login_errors.login_error(DatabaseError(msg=PREFIX + text, errno=number), SETTINGS)
    assert isinstance(found, errors.LoginRefusedError)
    assert found.exit_code == ExitCode.CONNECTION
    assert sentence in found.message
    assert found.hint
    assert found.number == number
    assert "\n" not in found.message
    assert "{" not in found.message + found.hint


@pytest.mark.parametrize(
    ("number", "text", "sentence"),
    [
        (
            250001,
            "Could not connect to Snowflake backend after 2 attempt(s).Aborting",
            "cannot be reached at https://org",
        ),
        (251011, "ConnectionTimeout occurred during login.", "cannot be reached"),
        (290503, "503 Service Unavailable", "cannot be reached"),
        (290404, "404 Not Found: post https://org-acct…", "There is no Snowflake account at org-acct"),
        (
            250001,
            "Failed to connect to DB. Verify the account name is correct: x:443.",
            "There is no Snowflake account",
        ),
        (251008, "Failed to load private key", "settings are not usable"),
        (251017, "workload_identity_provider must be set to one of AWS", "settings are not usable"),
        (251018, "No AWS region was found. Ensure the application is running on AWS.", "There is no AWS region"),
        (251018, "No AWS credentials were found. Ensure …", "There are no AWS credentials"),
        (251018, "token must be provided if workload_identity_provider=OIDC", "OIDC token is not one"),
        (251017, "Invalid JWT token: Not enough segments", "OIDC token is not one"),
        (251021, "WORKLOAD_IDENTITY requires a recognized Snowflake host. Got: 'x'", "no host of Snowflake's"),
        (
            250003,
            "Failed to request OAuth access token from IdP: timed out",
            "OAuth issuer cannot be reached at https://i",
        ),
        (250008, "Unable to open a browser in this environment", "no web browser here"),
    ],
)
def test_network_errors_are_no_refusals(number: int, text: str, sentence: str) -> None:
    settings = replace(SETTINGS, oauth_token_request_url="https://issuer/token")
    found = login_errors.login_error(OperationalError(msg=text, errno=number), settings)
    assert isinstance(found, ConnectionFailedError)
    assert not isinstance(found, errors.LoginRefusedError)
    assert sentence in found.message
    assert found.hint


def test_every_number_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "connections.md").read_text(encoding="utf-8")
    assert [number for number in login_sentences.SENTENCES if str(number) not in page] == []


def test_a_workload_without_a_user() -> None:
    text = "Unable to find an associated Snowflake user for the verified AWS Caller Identity."
    found = login_errors.login_error(DatabaseError(msg=PREFIX + text, errno=394501), SETTINGS)
    assert isinstance(found, errors.UnknownWorkloadError)
    assert text in found.message
    assert "theia-sf workload-identity check" in str(found.hint)


def test_a_client_that_the_issuer_refuses() -> None:
    settings = replace(SETTINGS, oauth_token_request_url="https://issuer/token", oauth_client_id="grafana")
    text = "Invalid HTTP request from web browser. Idp authentication could have failed."
    found = login_errors.login_error(DatabaseError(msg=PREFIX + text, errno=250006), settings)
    assert isinstance(found, errors.LoginRefusedError)
    assert found.message == "The OAuth issuer at https://issuer/token gave no token to the client grafana: no token."


def test_a_refused_key_is_named_by_its_fingerprint() -> None:
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = replace(SETTINGS, authenticator="SNOWFLAKE_JWT", private_key=Secret(text))
    found = login_errors.login_error(DatabaseError(msg=PREFIX + "JWT token is invalid. [0c]", errno=390144), settings)
    assert str(found.hint).startswith(
        f"{keys.fingerprint(key)} must be RSA_PUBLIC_KEY_FP or RSA_PUBLIC_KEY_2_FP in DESC"
    )


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (2003, errors.ObjectNotFoundError, 1),
        (2043, errors.ObjectNotFoundError, 1),
        (3001, errors.PrivilegeMissingError, 1),
        (606, errors.NoWarehouseError, 1),
        (604, errors.StatementTimedOutError, 1),
        (1003, errors.StatementFailedError, 1),
        (250003, ConnectionFailedError, 3),
    ],
)
def test_statements_fail_by_number(number: int, kind: type[Exception], code: int) -> None:
    found = errors.statement_error(ProgrammingError(msg="SQL compilation error:\nObject 'X' is odd", errno=number))
    assert type(found) is kind
    assert found.exit_code == code
    assert "\n" not in found.message


def test_secrets_in_the_servers_words_are_masked() -> None:
    Secret("tok-secret-1")
    found = errors.statement_error(ProgrammingError(msg="bad token tok-secret-1", errno=1003))
    assert found.message == "bad token ***."


@pytest.mark.parametrize(
    ("provider", "text", "advice"),
    [
        ("AWS", "The AWS Caller Identity could not be verified: the signature does not match.", "AWS credentials"),
        ("OIDC", "The workload identity token is invalid: it has expired.", "issue the token anew"),
        ("OIDC", "The user you were trying to authenticate as differs from the user.", "identity of ALICE"),
    ],
)
def test_a_workload_that_is_not_believed_is_told_what_to_check(provider: str, text: str, advice: str) -> None:
    settings = replace(SETTINGS, authenticator="WORKLOAD_IDENTITY", workload_identity_provider=provider)
    found = login_errors.login_error(DatabaseError(msg=PREFIX + text, errno=250001), settings)
    assert text in found.message
    assert advice in str(found.hint)


def test_statements_for_the_administrator_name_user_and_role() -> None:
    settings = replace(SETTINGS, user="alice", role="analyst")
    found = login_errors.login_error(ProgrammingError(msg="Role does not exist", errno=390189), settings)
    assert "GRANT ROLE ANALYST TO USER ALICE" in str(found.hint)
    found = login_errors.login_error(DatabaseError(msg="locked", errno=390102), settings)
    assert "ALTER USER ALICE SET MINS_TO_UNLOCK = 0" in str(found.hint)
