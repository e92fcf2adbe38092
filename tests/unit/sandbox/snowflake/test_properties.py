"""The property grammar."""

from __future__ import annotations

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.statements import properties, warehouses
from theia_sf.sandbox.snowflake.statements.parse import Tokens


def parse(sql: str):
    return properties.parse_properties(Tokens(sql), warehouses.GRAMMAR, "WAREHOUSE")


def test_properties_in_any_spelling():
    assert parse("WAREHOUSE_SIZE = 'X-SMALL' AUTO_SUSPEND=60, auto_resume = TRUE COMMENT='a b'") == {
        "WAREHOUSE_SIZE": "X-Small",
        "AUTO_SUSPEND": 60,
        "AUTO_RESUME": True,
        "COMMENT": "a b",
    }
    assert parse("AUTO_SUSPEND = NULL WAREHOUSE_SIZE = XXLARGE") == {"AUTO_SUSPEND": None, "WAREHOUSE_SIZE": "2X-Large"}


def test_unknown_property():
    with pytest.raises(SnowflakeError, match="invalid property 'FOO' for 'WAREHOUSE'") as caught:
        parse("FOO = 1")
    assert caught.value.code == "001420"


@pytest.mark.parametrize("sql", ["WAREHOUSE_SIZE = HUGE", "AUTO_SUSPEND = soon", "AUTO_RESUME = perhaps"])
def test_bad_value(sql: str):
    with pytest.raises(SnowflakeError, match="invalid value"):
        parse(sql)


def test_options():
    text = "(TYPE = CSV FIELD_DELIMITER = NONE SKIP_HEADER = 1, TRIM_SPACE = true NULL_IF = ('a', 'b') F = db.s.fmt)"
    assert properties.options(Tokens(text)) == {
        "TYPE": "CSV",
        "FIELD_DELIMITER": "NONE",
        "SKIP_HEADER": 1,
        "TRIM_SPACE": True,
        "NULL_IF": ["a", "b"],
        "F": "DB.S.FMT",
    }
