from __future__ import annotations

import pytest

from theia_sf.credentials.sources import from_text, from_variables, unknown_lines
from theia_sf.errors import UsageError
from theia_sf.secret import Secret


def revealed(values: dict[str, Secret]) -> dict[str, str]:
    return {name: value.reveal() for name, value in values.items()}


def test_variables_in_all_their_spellings() -> None:
    found = from_variables(
        {"SNOWFLAKE_USER": "ME", "SNOWFLAKE_PRIVATE_KEY_FILE": "k.p8", "SNOWFLAKE_ROLE": " ", "OTHER": "x"}, "here"
    )
    assert revealed(found) == {"user": "ME", "private_key_path": "k.p8"}


def test_lines_of_a_file() -> None:
    text = b"\xef\xbb\xbfexport SNOWFLAKE_USER='ME' # who\r\nOTHER=1\r\nSNOWFLAKE_PRIVATE_KEY=\"-----\na\n-----\"\n"
    assert revealed(from_text(text, "file")) == {"user": "ME", "private_key": "-----\na\n-----"}


def test_a_line_that_is_no_setting_is_named() -> None:
    text = b"SNOWFLAKE_PASWORD=hunter2\nSNOWFLAKE_USER=ME\nSNOWFLAKE_HOME=/etc\nPATH=/bin\n"
    assert unknown_lines(text) == ("SNOWFLAKE_PASWORD", "SNOWFLAKE_HOME")
    assert unknown_lines(b'{"user": "ME"}') == ()


def test_json_in_all_its_spellings() -> None:
    text = (
        b'\n{"account": "ORG-ACCT", "SNOWFLAKE_USER": "ME", "private_key_file": "k.p8", "port": 8443, "role": null, '
        b'"workload_identity_aws_use_outbound_token": true, "dbname": "D"}'
    )
    assert revealed(from_text(text, "file")) == {
        "account": "ORG-ACCT",
        "user": "ME",
        "private_key_path": "k.p8",
        "port": "8443",
        "workload_identity_aws_use_outbound_token": "true",
        "database": "D",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "There is no SNOWFLAKE_\\* value in file"),
        (b"A=1", "There is no SNOWFLAKE_\\* value in file"),
        (b"\xff\xfe", "file is not text in UTF-8"),
        (b'{"password": "hunter2", oops', "file is no valid JSON"),
        (b'{"pasword": "hunter2"}', "has an entry 'pasword', which is no setting"),
        (b'{"password": ["hunter2"]}', "The entry 'password' in file is no text"),
        (b'{"password": ""}', "There is no value in file"),
        (b'{"password": "  "}', "There is no value in file"),
        (b'{"user": "hunter2", "SNOWFLAKE_USER": "ME"}', "file has the user twice"),
        (b'{"a":' * 40_000, "file is no valid JSON"),
        (b"SNOWFLAKE_USER=ME\nSNOWFLAKE_PASSWORD='hunter2\n", "Line 2 of file cannot be read"),
    ],
)
def test_what_cannot_be_used_is_told_without_the_secret(text: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        from_text(text, "file")
    assert "hunter2" not in f"{refused.value.message}{refused.value.hint}"
    assert (
        refused.value.__context__ is None
        or refused.value.__suppress_context__
        or "hunter2" not in str(refused.value.__context__)
    )
