from __future__ import annotations

from pathlib import Path

from theia_sf.credentials.environment import beside, program_variables
from theia_sf.credentials.file import CredentialsFile
from theia_sf.secret import Secret

VALUES = {"account": Secret("ORG-A"), "user": Secret("ME"), "password": Secret("hunter2")}


def test_a_program_gets_the_values_and_the_aws_lines() -> None:
    file = CredentialsFile(Path(".env"), b"AWS_REGION=eu-west-1\nAWS_KMS_KEY_ID=k\nOTHER=1\n")
    assert program_variables(file, VALUES, {"PATH": "/bin"}) == {
        "PATH": "/bin",
        "SNOWFLAKE_ACCOUNT": "ORG-A",
        "SNOWFLAKE_USER": "ME",
        "SNOWFLAKE_PASSWORD": "hunter2",
        "AWS_REGION": "eu-west-1",
        "AWS_KMS_KEY_ID": "k",
    }


def test_no_variable_of_the_environment_mixes_with_the_file() -> None:
    environ = {
        "SNOWFLAKE_USER": "OTHER",
        "SNOWFLAKE_PRIVATE_KEY_FILE": "k.p8",
        "SNOWFLAKE_AUTHENTICATOR": "x",
        "SNOWFLAKE_HOST": "h",
        "SNOWFLAKE_PORT": "1",
        "SNOWFLAKE_WAREHOUSE": "WH",
        "SNOWFLAKE_HOME": "/s",
    }
    kept = {"SNOWFLAKE_HOST": "h", "SNOWFLAKE_PORT": "1", "SNOWFLAKE_WAREHOUSE": "WH", "SNOWFLAKE_HOME": "/s"}
    assert beside(VALUES, environ) == kept
    assert beside(VALUES, {**environ, "SNOWFLAKE_ACCOUNT": "org-a"}) == kept
    assert beside(VALUES, {**environ, "SNOWFLAKE_ACCOUNT": "ORG-B"}) == {"SNOWFLAKE_HOME": "/s"}
    assert beside({**VALUES, "protocol": Secret("http")}, environ) == {
        "SNOWFLAKE_WAREHOUSE": "WH",
        "SNOWFLAKE_HOME": "/s",
    }
