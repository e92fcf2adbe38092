"""The Snowflake users of programs, and what the stack remembers of its options."""

from __future__ import annotations

import json

import pulumi
import pytest

from tests.unit.infra.conftest import SUFFIX
from tests.unit.provision.test_stack_options import FULL
from theia_sf.provision.stack_options import StackOptions

READER = f"ANTREA_READER_{SUFFIX.upper()}"
KEYS = ["rsaPublicKey", "rsaPublicKey2"]


def config(options: StackOptions, *given: str) -> dict[str, str]:
    return {name.removeprefix("theia-sf:"): value for name, value in options.config(given).items()}


@pytest.fixture(scope="module")
def full(run_program):
    return run_program(**config(FULL, "AGENT"))


@pytest.mark.parametrize("options", [FULL, StackOptions(), StackOptions(tags={"a": "b"})])
def test_what_the_program_exports_is_what_provision_remembers(run_program, options):
    outputs = run_program(**config(options, "AGENT")).outputs
    assert StackOptions.from_outputs(outputs) == options


def test_a_role_or_a_key_signs_in(full):
    grafana, agent = (full.resources[f"service-user-{name}"].inputs for name in ("GRAFANA", "AGENT"))
    assert grafana["defaultWorkloadIdentity"] == {"aws": {"arn": "arn:aws:iam::123456789012:role/grafana"}}
    assert agent["rsaPublicKey"] == "MII"
    assert ("rsaPublicKey" in grafana, "defaultWorkloadIdentity" in agent) == (False, False)


@pytest.mark.parametrize("name", ["service-user-GRAFANA", "service-user-AGENT", "function-user"])
def test_a_user_may_do_what_the_reader_role_may_and_no_more(full, name):
    inputs = full.resources[name].inputs
    assert inputs["defaultRole"] == READER
    assert inputs["defaultWarehouse"] == "SHARED"
    assert inputs["defaultSecondaryRolesOption"] == "NONE"
    assert f"ANTREA_{SUFFIX.upper()}" in inputs["comment"], "own_users() tells it by this from another's"
    granted = [
        found.inputs["roleName"]
        for found in full.of_type("snowflake:index/grantAccountRole:GrantAccountRole").values()
        if found.inputs.get("userName") == f'"{inputs["name"]}"'
    ]
    assert granted == [READER]


def test_a_rotated_key_is_put_back_by_the_update_that_was_given_one_alone(full):
    ignored = {
        name: list(full.resources[f"service-user-{name}"].request.ignoreChanges) for name in ("AGENT", "GRAFANA")
    }
    assert ignored == {"AGENT": [], "GRAFANA": KEYS}


def test_the_provider_is_allowed_to_bind_users(full):
    inputs = full.resources["snowflake"].inputs
    assert "USER_ENABLE_DEFAULT_WORKLOAD_IDENTITY" in json.loads(inputs["experimentalFeaturesEnableds"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("service_users", "{}", "must be a JSON list"),
        ("service_users", '[{"nme": "A"}]', "is not what theia-sf writes"),
        ("function", '{"code_key": "k"}', "is not what theia-sf writes"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(run_program, name, text, message):
    with pytest.raises(pulumi.RunError, match=message):
        run_program(**{name: text})
