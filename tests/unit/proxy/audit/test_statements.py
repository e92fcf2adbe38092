"""Credentials in statements are never recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.audit.statements import mask_statement

HIDDEN = "Geheim42"

WITH_CREDENTIALS = [
    "CREATE USER u PASSWORD = '{}' DISPLAY_NAME = 'x'",
    "create user u password '{}'",
    "CREATE USER u PASSWORD = $${}$$",
    "CREATE USER u PASSWORD = -- the password\n '{}'",
    "CREATE USER u PASSWORD /* = 'x' */ = '{}'",
    "CREATE USER u \"PASSWORD\" = '{}'",
    'CREATE USER u PASSWORD = "{}"',
    "ALTER USER u SET PASSWORD='a''{}' MUST_CHANGE_PASSWORD = TRUE",
    "ALTER USER u SET PASSWORD='a\\'{}'",
    "ALTER USER u SET PASSWORD = 'x' || '{}'",
    "CREATE STAGE s URL='s3://b/p' CREDENTIALS=(AWS_KEY_ID='{}' AWS_SECRET_KEY='{}' AWS_TOKEN='{}')",
    "CREATE STAGE s ENCRYPTION=(TYPE='AWS_CSE' MASTER_KEY='{}')",
    "CREATE STAGE s URL='azure://a/b' CREDENTIALS=(AZURE_SAS_TOKEN='{}')",
    "COPY INTO t FROM 's3://b/p' CREDENTIALS = (AWS_KEY_ID = '{}', AWS_SECRET_KEY = '{}')",
    "COPY INTO 's3://b/p' FROM t CREDENTIALS=(AWS_SECRET_KEY=$${}$$)",
    "CREATE SECRET s TYPE = PASSWORD USERNAME = 'u' PASSWORD = '{}'",
    "CREATE SECRET s TYPE = GENERIC_STRING SECRET_STRING = '{}'",
    "CREATE SECRET s TYPE = OAUTH2 OAUTH_REFRESH_TOKEN = '{}'",
    "ALTER SECRET s SET SECRET_STRING = '{}'",
    "CREATE SECURITY INTEGRATION i TYPE = API_AUTHENTICATION OAUTH_CLIENT_SECRET = '{}'",
    "CREATE NOTIFICATION INTEGRATION i WEBHOOK_SECRET = '{}'",
    "EXECUTE IMMEDIATE 'ALTER USER u SET PASSWORD = ''{}'''",
    "EXECUTE IMMEDIATE $$ BEGIN ALTER USER u SET PASSWORD = '{}'; END $$",
    "BEGIN LET password := '{}'; RETURN 1; END",
    "SET my_pwd = '{}'",
    "CALL sign_in(user => 'u', password => '{}')",
    "SELECT ENCRYPT('{}', '{}')",
    "SELECT TRY_DECRYPT_RAW(x, '{}', TO_BINARY('{}'))",
    'SELECT PARSE_JSON(\'{{"password": "{}"}}\')',
    "SELECT {{'api_key': '{}'}}",
    "SELECT 1 -- password {}",
    "/* token: {} */ SELECT 1",
    "CREATE USER u PASSWORD = '{}",
    "SELECT 1; CREATE USER u PASSWORD='{}'; SELECT 2",
    "CREATE EXTERNAL FUNCTION f() HEADERS = ('Authorization' = 'Basic {}', 'x-api-key' = '{}')",
    # without quotes, or with too few: what Snowflake refuses is recorded, too
    "CREATE USER u PASSWORD = {} DISPLAY_NAME = 'x'",
    "ALTER USER u SET PASSWORD=x!{}-42;",
    "ALTER USER u SET PASSWORD = x'y {}' DISPLAY_NAME = 'x'",
    "ALTER USER u SET PASSWORD = 'it's {}, isn't it",
    "ALTER USER u SET PASSWORD = 'it's \"{}\" o'clock'",
    "COPY INTO t FROM 's3://b/p' CREDENTIALS = (AWS_KEY_ID = 'a', AWS_SECRET_KEY = a/b+{}==)",
    "CREATE STAGE s CREDENTIALS = (AWS_SECRET_KEY = a//{} AWS_TOKEN = 'x')",
    "EXECUTE IMMEDIATE 'ALTER USER u SET PASSWORD = {}'",
    "SET my_pwd = {}",
    "SELECT 'Server=h;Password={};Encrypt=yes'",
]


@pytest.mark.parametrize("statement", WITH_CREDENTIALS)
@pytest.mark.parametrize("literals", [False, True])
def test_credentials_are_masked(statement: str, literals: bool) -> None:
    sql = statement.replace("{}", HIDDEN).replace("{{", "{").replace("}}", "}")
    assert HIDDEN in sql
    assert HIDDEN not in mask_statement(sql, literals=literals).text


@given(st.sampled_from(WITH_CREDENTIALS[:2]), st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_whatever_is_in_the_credential(statement: str, noise: str) -> None:
    quoted = (noise + HIDDEN + noise).replace("\\", "\\\\").replace("'", "''")
    assert HIDDEN not in mask_statement(statement.replace("{}", quoted)).text


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a', 1, $$ b $$ FROM t -- a comment\nWHERE x = 'y'",
        "SELECT token, tokens FROM t WHERE token IN ('a', 'b') AND kind = 'password'",
        "ALTER USER u SET RSA_PUBLIC_KEY = 'MIIB'",
        "DESC USER u",
        "ALTER ACCOUNT SET PASSWORD_POLICY p",
        "CREATE PASSWORD POLICY p PASSWORD_MIN_LENGTH = 14",
        "",
        "SELECT 'unfinished",
        "ALTER USER u SET PASSWORD = NULL, MUST_CHANGE_PASSWORD = TRUE",
        "SELECT * FROM a JOIN b ON a.token = b.token WHERE a.password = :1",
        "CREATE VIEW v AS SELECT v:token FROM t WHERE token = x",
        "CREATE NOTIFICATION INTEGRATION i WEBHOOK_SECRET = db.s.name",
        "CREATE SECURITY INTEGRATION i OAUTH_REFRESH_TOKEN_VALIDITY = 7776000",
        "EXECUTE IMMEDIATE 'SELECT 1 FROM t WHERE token = x'",
    ],
)
def test_other_statements_stay_as_they_are(sql: str) -> None:
    assert mask_statement(sql).text == sql


def test_the_rest_of_the_statement_stays() -> None:
    sql = "CREATE USER  u -- x\n PASSWORD = 'abc' DISPLAY_NAME = 'x'"
    assert mask_statement(sql).text == "CREATE USER  u -- x\n PASSWORD = '***' DISPLAY_NAME = 'x'"


def test_the_rest_of_the_statement_stays_where_the_quotes_are_missing() -> None:
    sql = "ALTER USER u SET PASSWORD = a!b-4, DISPLAY_NAME = 'x'"
    assert mask_statement(sql).text == "ALTER USER u SET PASSWORD = ***, DISPLAY_NAME = 'x'"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters=",;()"), max_size=20))
def test_whatever_is_in_a_credential_without_quotes(noise: str) -> None:
    word = "".join(noise.split())
    assert HIDDEN not in mask_statement(f"ALTER USER u SET PASSWORD = x{word}{HIDDEN}{word} X = 1").text


@pytest.mark.parametrize("placeholder", ["?", ":1", "%s", "%(password)s"])
def test_a_bound_credential_is_told(placeholder: str) -> None:
    assert mask_statement(f"ALTER USER u SET PASSWORD = {placeholder}").bound
    assert not mask_statement(f"SELECT token FROM t WHERE x = {placeholder}").bound


def test_literals_and_comments_go_where_that_is_wanted() -> None:
    sql = "SELECT a, 'x' || $$ y $$, 12.5, X'ab' -- z\nFROM \"T\" /* k */ WHERE b > -5"
    assert mask_statement(sql, literals=True).text == 'SELECT a, ? || ?, ?, ?\nFROM "T" WHERE b > -?'


@given(st.text(alphabet="'\"$\\-/*; ax1?\n", max_size=60))
def test_no_literal_survives(text: str) -> None:
    masked = mask_statement(f"{text} SELECT '{HIDDEN}', $${HIDDEN}$$, 4242", literals=True).text
    if HIDDEN in masked:  # the text before has opened a name in double quotes, which is no literal
        assert text.count('"') % 2 == 1
