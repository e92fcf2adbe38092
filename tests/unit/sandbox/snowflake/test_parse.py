"""The token stream: names, strings, keywords of several words, and the source kept verbatim."""

from __future__ import annotations

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.statements.parse import Tokens


def test_names_are_resolved_as_snowflake_does():
    assert Tokens('db."MiXed".x').name() == ("DB", "MiXed", "X")
    assert Tokens('"with ""quote"""').name() == ('with "quote"',)
    assert Tokens("IDENTIFIER('a.b')").name() == ("A", "B")


def test_trailing_comment_of_the_provider_is_no_part_of_the_statement():
    tokens = Tokens('DROP DATABASE IF EXISTS "X" --terraform_provider_usage_tracking {"json_schema_version":"1"}')
    tokens.expect("DROP", "DATABASE", "IF", "EXISTS")
    assert tokens.name() == ("X",)
    tokens.expect_end()


def test_a_body_is_kept_verbatim_without_its_trailing_comment():
    tokens = Tokens("CREATE TASK t AS DELETE  FROM x WHERE a = 'it''s' --tracking {}")
    tokens.expect("CREATE", "TASK")
    tokens.identifier()
    tokens.expect("AS")
    assert tokens.text_from() == "DELETE  FROM x WHERE a = 'it''s'"


def test_keyword_of_two_words_is_two_words():
    tokens = Tokens("DESCRIBE STORAGE   INTEGRATION i")
    tokens.expect("DESCRIBE", "STORAGE", "INTEGRATION")
    assert tokens.identifier() == "I"


@pytest.mark.parametrize("sql", ["DROP DATABASE", "DROP DATABASE 'x'", "DROP DATABASE ="])
def test_a_missing_name_is_a_syntax_error(sql: str):
    tokens = Tokens(sql)
    tokens.expect("DROP", "DATABASE")
    with pytest.raises(SnowflakeError, match="syntax error") as caught:
        tokens.identifier()
    assert caught.value.code == "001003"


def test_unterminated_string_is_a_syntax_error():
    with pytest.raises(SnowflakeError, match="unterminated"):
        Tokens("SELECT 'abc")


def test_statements_are_counted():
    assert Tokens("SELECT 1;").statement_count == 1
    assert Tokens("SELECT 1; SELECT ';'").statement_count == 2
    assert Tokens("-- nothing").statement_count == 0
