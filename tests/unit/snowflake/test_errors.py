from __future__ import annotations

import pytest
from snowflake.connector.errors import DatabaseError, OperationalError, ProgrammingError

from theia_sf.errors import ConnectionFailedError, ExitCode
from theia_sf.secret import Secret
from theia_sf.snowflake import errors
from theia_sf.snowflake.settings import ConnectionSettings

SETTINGS = ConnectionSettings("ORG-ACCT", "ALICE", "SNOWFLAKE", role="ANALYST")
PREFIX = "Failed to connect to DB: org-acct.snowflakecomputing.com:443. "


@pytest.mark.parametrize(
    ("number", "text", "sentence"),
    [
        (390100, "Incorrect username or password was specified.", "refused the user name or password of ALICE"),
        (250001, "Incorrect username or password was specified.", "refused the user name or password of ALICE"),
        (390144, "JWT token is invalid. [0ce9eb56]", "refused the key pair of ALICE"),
        (394304, "JWT token public key fingerprint mismatch.", "refused the key pair of ALICE"),
        (250001, "JWT token is invalid.", "refused the key pair of ALICE"),
        (250001, "Multi-factor authentication is required for this account.", "multi-factor authentication"),
        (390422, "Incoming request with IP/Token 1.2.3.4 is not allowed to access Snowflake.", "network policy"),
        (250001, "IP 1.2.3.4 is not allowed to access Snowflake.", "network policy"),
        (390102, "Your user account has been temporarily locked.", "is locked after too many"),
        (250001, "Role 'ANALYST' specified in the connect string does not exist or not authorized.", "role ANALYST"),
        (394400, "Programmatic access token is invalid.", "refused the access token of ALICE"),
        (399999, "Something new.", "refused the sign-in of ALICE: Something new."),
    ],
)
def test_refusals(number: int, text: str, sentence: str) -> None:
    found = errors.login_error(DatabaseError(msg=PREFIX + text, errno=number), SETTINGS)
    assert isinstance(found, errors.LoginRefusedError)
    assert found.exit_code == ExitCode.CONNECTION
    assert sentence in found.message
    assert "\n" not in found.message


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
    ],
)
def test_network_errors_are_no_refusals(number: int, text: str, sentence: str) -> None:
    found = errors.login_error(OperationalError(msg=text, errno=number), SETTINGS)
    assert isinstance(found, ConnectionFailedError)
    assert not isinstance(found, errors.LoginRefusedError)
    assert sentence in found.message


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
