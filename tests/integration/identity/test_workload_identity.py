"""Service users that sign in as AWS roles, by the command line, in the sandbox's Snowflake."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.integration.identity.conftest import Admin

Run = Callable[..., tuple[int, str, str]]


def arn(name: str, path: str = "") -> str:
    return f"arn:aws:iam::123456789012:role/{path}{name}"


def test_create_and_list(admin: Admin, theia_sf: Run) -> None:
    user, other = admin.name(), admin.name()
    code, out, err = theia_sf(
        "workload-identity",
        "create",
        user,
        "--role-arn",
        arn(user, "service-role/"),
        "--role",
        "SYSADMIN",
        "-o",
        "json",
    )
    assert code == 0, err
    assert "path service-role/ was taken out" in err
    assert json.loads(out)["role_arn"] == arn(user)

    code, out, _ = theia_sf("workload-identity", "list", "-o", "json")
    (row,) = [row for row in json.loads(out) if row["user"] == user]
    assert (row["principal"], row["fault"]) == (arn(user), None)

    code, _, err = theia_sf("workload-identity", "create", other, "--role-arn", arn(user))
    assert (code, f"bound to the Snowflake user {user} already" in err) == (2, True)
    code, out, _ = theia_sf("workload-identity", "create", user, "--role-arn", arn(user), "-o", "json")
    assert (code, json.loads(out)["action"]) == (0, "kept")
    another = ("workload-identity", "create", user, "--role-arn", arn(other), "-o", "json")
    code, _, err = theia_sf(*another)
    assert (code, f"{arn(user)} can no longer sign in as {user}" in err) == (2, True)
    code, out, _ = theia_sf(*another, "--yes")
    assert (code, json.loads(out)["action"]) == (0, "bound")


def test_the_path_as_the_role(admin: Admin, theia_sf: Run) -> None:
    user = admin.user(f"TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn('any', 'service-role/')}')")
    code, out, _ = theia_sf("workload-identity", "list")
    (line,) = [line for line in out.splitlines() if user in line]
    assert (code, "service-role is the path of a role" in line) == (0, True)
    code, out, _ = theia_sf("workload-identity", "create", user, "--role-arn", arn(user), "--dry-run")
    assert out == f"ALTER USER \"{user}\" SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn(user)}');\n"
    code, _, err = theia_sf("workload-identity", "create", user, "--role-arn", arn(user))
    assert (code, "by which nobody can sign in" in err) == (0, True)
    code, out, _ = theia_sf("workload-identity", "list", "-o", "json")
    assert [row["fault"] for row in json.loads(out) if row["user"] == user] == [None]


def test_delete(admin: Admin, theia_sf: Run) -> None:
    user = admin.user(f"TYPE = SERVICE WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn('deleted')}')")
    person = admin.user("TYPE = PERSON")
    code, _, err = theia_sf("workload-identity", "delete", person, "--yes")
    assert (code, "is not a service user" in err) == (2, True)
    code, _, err = theia_sf("workload-identity", "delete", user)
    assert (code, arn("deleted") in err) == (2, True)  # no terminal to ask on
    code, out, _ = theia_sf("workload-identity", "delete", user, "--yes", "--keep-user")
    assert (code, user in out) == (0, True)
    code, _, err = theia_sf("workload-identity", "delete", user, "--yes")
    assert (code, "has no workload identity" in err) == (2, True)


def test_roles_and_issuers_that_are_none(admin: Admin, theia_sf: Run) -> None:
    user = admin.name()
    code, _, err = theia_sf("workload-identity", "create", user, "--role-arn", arn("r"), "--role", "NO_SUCH_ROLE")
    assert (code, "no Snowflake role NO_SUCH_ROLE" in err) == (2, True)
    code, _, err = theia_sf(
        "workload-identity", "create", user, "--role-arn", arn("r"), "--issuer", "https://issuer.example.com"
    )
    assert (code, "tokens.sts.global.api.aws" in err) == (2, True)
    code, _, err = theia_sf("workload-identity", "create", user, "--role-arn", arn("r"), "--as-role", "PUBLIC")
    assert (code, "Snowflake refused" in err) == (1, True)
    assert admin.run(f"SHOW USERS LIKE '{user}'") == []
