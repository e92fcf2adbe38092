from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.provision.diagnostics import clean, failure

ROLE = "urn:pulumi:default::theia-sf::aws:iam/role:Role::storage-role"
TRACEBACK = """python inline source runtime error: Missing required configuration variable 'theia-sf:region'
Traceback (most recent call last):
  File "/home/ada/.venv/lib/python3.11/site-packages/pulumi/automation/_server.py", line 95, in run
    loop.run_until_complete(run_in_stack(self.program))
ValueError: Missing required configuration variable 'theia-sf:region'
"""


def test_the_resources_own_error_is_the_cause_not_the_engines_summary():
    error = failure(
        "onboard",
        [
            (None, "update failed\n"),
            (ROLE, "SQL access control error:\nInsufficient privileges to operate on account\n"),
        ],
        "",
    )
    assert error.message == (
        "Could not onboard: Role storage-role: SQL access control error: Insufficient privileges to operate on account"
    )
    assert error.hint is not None
    assert "theia-sf onboard again" in error.hint


@pytest.mark.parametrize(
    ("message", "cleaned"),
    [
        ("<{%fg 1%}>error: <{%reset%}>no such bucket", "no such bucket"),
        ("\x1b[31merror:\x1b[0m no such bucket", "no such bucket"),
        (
            (
                f"sdk-v2/provider2.go:520: sdk.helper_schema: creating Role (x): AccessDenied: provider=aws@7.51.0\n"
                f"error: 1 error occurred:\n\t* creating {ROLE}: 1 error occurred:\n\t* AccessDenied"
            ),
            "creating Role (x): AccessDenied creating storage-role: AccessDenied",
        ),
        (TRACEBACK, "Missing required configuration variable 'theia-sf:region'"),
        ("x" * 1000, "x" * 399 + "…"),
    ],
)
def test_wrapping_is_taken_off(message, cleaned):
    assert clean(message) == cleaned


def test_a_python_traceback_never_reaches_the_user():
    assert "Traceback" not in failure("onboard", [(None, TRACEBACK)], "").message
    assert "site-packages" not in failure("onboard", [(None, TRACEBACK)], "").message


@pytest.mark.parametrize(
    "text",
    [
        (
            "Could not automatically download and install resource plugin 'pulumi-resource-random' at version v4.21.4, "
            "install the plugin using `pulumi plugin install resource random v4.21.4`: failed to download plugin"
        ),
        "no resource plugin 'pulumi-resource-random' found in the workspace at version v4.21.4 or on your $PATH",
    ],
)
def test_a_missing_plugin_says_how_to_install_it(text):
    urn = "urn:pulumi:default::theia-sf::pulumi:providers:random::default_4_21_4"
    error = failure("onboard", [(urn, text)], "")
    assert error.message == "The Pulumi provider random 4.21.4 is not installed and could not be downloaded."
    assert error.hint == "Install it: pulumi plugin install resource random 4.21.4"


def test_a_providers_failure_to_configure_names_the_provider():
    urn = "urn:pulumi:default::theia-sf::pulumi:providers:snowflake::snowflake"
    message = failure("plan", [(urn, "390100 (08004): Incorrect username or password was specified.")], "").message
    assert (
        message
        == "Could not plan: the provider snowflake: 390100 (08004): Incorrect username or password was specified."
    )


def test_a_wrong_passphrase():
    error = failure(
        "onboard", [], "error: getting secrets manager: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE"
    )
    assert isinstance(error, UsageError)
    assert error.hint is not None
    assert "PULUMI_CONFIG_PASSPHRASE" in error.hint


def test_a_failure_before_the_first_event_is_read_from_stderr():
    error = failure("open the stack", [], "warning: something\nerror: could not open bucket\n")
    assert error.message == "Could not open the stack: could not open bucket"


def test_an_engine_that_says_nothing():
    assert "without saying why" in failure("onboard", [], "").message


SERVICE_USER = (
    "urn:pulumi:default::theia-sf::theia-sf:index:FlowPipeline$snowflake:index/serviceUser:ServiceUser::service-user-G"
)


def test_a_user_that_exists_already_is_told_in_a_sentence():
    text = "error creating service user G: 002002 (42710): SQL compilation error: Object 'G' already exists."
    error = failure("onboard", [(SERVICE_USER, text)], "")
    assert isinstance(error, UsageError)
    assert error.message == "Snowflake has a user G already, which this stack did not make."
    assert "theia-sf workload-identity create G" in str(error.hint)


def test_a_role_that_is_another_user_already_is_told_in_a_sentence():
    text = (
        "002002 (42710): AWS Authenticator for AWS Account '123456789012' and IAM role 'grafana' already exists in "
        "this Snowflake account."
    )
    error = failure("onboard", [(SERVICE_USER, text)], "")
    assert error.message == "The AWS role grafana of account 123456789012 is another Snowflake user already."
    assert "theia-sf workload-identity list" in str(error.hint)


def test_another_object_that_exists_already_is_no_user():
    urn = SERVICE_USER.replace("serviceUser:ServiceUser", "database:Database")
    assert "Could not onboard" in failure("onboard", [(urn, "Object 'G' already exists.")], "").message
