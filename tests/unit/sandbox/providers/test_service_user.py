"""The SQL that service users take, and what is read back of them, as the published provider does it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.providers.test_snowflake_sql import Recorder
from theia_sf.sandbox.providers.differences import difference
from theia_sf.sandbox.providers.resource import ProviderError
from theia_sf.sandbox.providers.snowflake.service_user import ServiceUser
from theia_sf.sandbox.providers.snowflake.session import SnowflakeSession

EXPERIMENT = frozenset({"USER_ENABLE_DEFAULT_WORKLOAD_IDENTITY"})
ARN = "arn:aws:iam::123456789012:role/grafana"
IDENTITY = {"aws": {"arn": ARN}}
INPUTS: dict[str, Any] = {
    **ServiceUser.defaults,
    "name": "U",
    "defaultRole": '"R"',
    "defaultWarehouse": "W",
    "defaultSecondaryRolesOption": "NONE",
    "defaultWorkloadIdentity": IDENTITY,
    "comment": "c",
}
SHOWN = {"name": "U", "default_secondary_roles": "[]", "disabled": "false", "type": "SERVICE"}


def user(recorder: Recorder, experiments: frozenset[str] = EXPERIMENT) -> ServiceUser:
    connection: Any = recorder
    return ServiceUser(SnowflakeSession(connection, frozenset(), experiments))


def test_a_user_is_bound_to_a_role_and_has_no_secondary_roles():
    recorder = Recorder()
    user(recorder).create(INPUTS)
    assert recorder.statements == [
        (
            'CREATE USER "U" TYPE = SERVICE DEFAULT_WAREHOUSE = "W" DEFAULT_ROLE = "R" DEFAULT_SECONDARY_ROLES = () '
            f"WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{ARN}') COMMENT = 'c'"
        )
    ]


def test_an_identity_needs_the_experiment():
    with pytest.raises(ProviderError, match="USER_ENABLE_DEFAULT_WORKLOAD_IDENTITY"):
        user(Recorder(), frozenset()).create(INPUTS)


@pytest.mark.parametrize(
    ("change", "statement"),
    [
        ({"defaultWorkloadIdentity": None}, 'ALTER USER "U" UNSET WORKLOAD_IDENTITY'),
        (
            {"defaultWorkloadIdentity": {"aws": {"arn": "b", "issuer": "i"}}},
            "ALTER USER \"U\" SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'b' ISSUER = 'i')",
        ),
        ({"defaultSecondaryRolesOption": "ALL"}, "ALTER USER \"U\" SET DEFAULT_SECONDARY_ROLES = ('ALL')"),
        ({"defaultSecondaryRolesOption": "DEFAULT"}, 'ALTER USER "U" UNSET DEFAULT_SECONDARY_ROLES'),
    ],
)
def test_what_differs_is_changed(change, statement):
    recorder = Recorder()
    wanted = {key: value for key, value in {**INPUTS, **change}.items() if value is not None}
    user(recorder).update("U", INPUTS, wanted)
    assert recorder.statements == [statement]


@pytest.mark.parametrize(("methods", "seen"), [([{"name": "DEFAULT", "type": "AWS"}], IDENTITY), ([], None)])
def test_an_identity_is_seen_to_be_gone_and_keys_are_read(methods, seen):
    described = [{"property": "RSA_PUBLIC_KEY", "value": "MII"}, {"property": "DEFAULT_ROLE", "value": "R"}]
    recorder = Recorder(**{"SHOW USERS": [SHOWN], "DESCRIBE USER": described, "SHOW USER WORKLOAD": methods})
    live = user(recorder).read("U", INPUTS)
    assert live is not None
    assert (live["defaultWorkloadIdentity"], live["rsaPublicKey"], live["defaultRole"]) == (seen, "MII", "R")
    assert (live["defaultSecondaryRolesOption"], live["rsaPublicKey2"]) == ("NONE", None)


def test_a_key_exchanged_by_hand_is_no_difference_where_it_is_ignored():
    olds, news = {**INPUTS, "rsaPublicKey": "new"}, {**INPUTS, "rsaPublicKey": "old", "defaultRole": "R"}
    assert difference(user(Recorder()), olds, news, {"rsaPublicKey"}).kinds == {}


def test_other_identities_are_refused():
    (failure,) = user(Recorder()).check({**INPUTS, "defaultWorkloadIdentity": {"oidc": {"issuer": "x"}}})
    assert failure[0] == "defaultWorkloadIdentity"
