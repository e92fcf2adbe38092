from __future__ import annotations

import logging

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows import databases
from theia_sf.flows.databases import find_database
from theia_sf.provision import context
from theia_sf.provision.context import Context, Identity
from theia_sf.snowflake.settings import resolve

SETTINGS = resolve(environ={"SNOWFLAKE_ACCOUNT": "ORG-ACCOUNT", "SNOWFLAKE_USER": "ME", "SNOWFLAKE_PASSWORD": "x"})


@pytest.fixture
def visible(monkeypatch, tmp_path):
    """Return a function that sets the databases which SHOW DATABASES lists; there is no context."""
    monkeypatch.setenv(context.VARIABLE, str(tmp_path / "context.json"))

    def show(*names: str) -> None:
        monkeypatch.setattr(databases, "fetch_records", lambda *_: [{"name": name} for name in names])

    return show


def find(name=None):
    return find_database(object(), SETTINGS, name)


def remember(database: str, account: str = "ORG-ACCOUNT") -> None:
    identity = Identity(snowflake_account=account, snowflake_endpoint=SETTINGS.endpoint)
    context.save(Context("default", "bucket", "prefix", "us-west-2", "us-west-2", None, None, database, identity))


def test_the_only_one_is_taken(visible):
    visible("SNOWFLAKE", "ANTREA_A", "OTHER")
    assert find() == "ANTREA_A"


def test_of_several_none_is_taken(visible):
    visible("ANTREA_B", "SNOWFLAKE", "ANTREA_A")
    with pytest.raises(UsageError, match=r"There are 2 databases to choose from: ANTREA_A, ANTREA_B\.") as caught:
        find()
    assert caught.value.hint == "Name one with --database-name."


def test_none_at_all(visible):
    visible("SNOWFLAKE")
    with pytest.raises(UsageError, match="There is no ANTREA_ database"):
        find()


def test_a_name_wins_over_everything_and_is_folded(visible):
    visible("ANTREA_A", "ANTREA_B", "MINE")
    remember("ANTREA_B")
    assert find("mine") == "MINE"
    assert find("antrea_a") == "ANTREA_A"


def test_an_unknown_name(visible):
    visible("ANTREA_A")
    with pytest.raises(UsageError, match="There is no database ANTREA_X that this role may use") as caught:
        find("antrea_x")
    assert caught.value.hint == "These exist: ANTREA_A."


def test_the_context_decides_among_several(visible):
    visible("ANTREA_A", "ANTREA_B")
    remember("ANTREA_B")
    assert find() == "ANTREA_B"


def test_a_context_whose_database_is_gone(visible):
    visible("ANTREA_A")
    remember("ANTREA_B")
    with pytest.raises(UsageError, match="The current context's database ANTREA_B does not exist"):
        find()


def test_a_context_of_another_account_does_not_count(visible, caplog):
    visible("ANTREA_A")
    remember("ANTREA_B", account="ORG-OTHER")
    with caplog.at_level(logging.INFO):
        assert find() == "ANTREA_A"
    assert "is ignored" in caplog.text
