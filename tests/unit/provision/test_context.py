from __future__ import annotations

import dataclasses
import logging
import stat

import pytest

from theia_sf.errors import UsageError
from theia_sf.provision import context
from theia_sf.provision.context import Context, Identity

HERE = Identity("123456789012", "", "ORG-ACCOUNT", "https://org-account.snowflakecomputing.com:443")
STACK = Context("default", "bucket", "prefix", "us-east-1", "us-west-2", "key", "us-west-2", "ANTREA_1", HERE)


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    target = tmp_path / "folder" / "context.json"
    monkeypatch.setenv("THEIA_SF_CONTEXT_FILE", str(target))
    return target


def test_a_context_is_remembered_for_its_owner_alone(file):
    assert context.load() is None
    context.save(STACK)
    assert context.load() == STACK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert context.clear()
    assert not context.clear()
    assert context.load() is None


def test_a_context_counts_under_its_own_identity_and_where_less_is_known():
    context.save(STACK)
    assert context.current(HERE) == STACK
    assert context.current(Identity(snowflake_account="ORG-ACCOUNT")) == STACK


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"aws_account": "999999999999"}, "AWS account"),
        ({"aws_endpoint": "http://127.0.0.1:5566"}, "AWS endpoint"),
        ({"snowflake_account": "ORG-OTHER"}, "Snowflake account"),
        ({"snowflake_endpoint": "http://127.0.0.1:5567"}, "Snowflake endpoint"),
    ],
)
def test_a_context_of_another_identity_is_ignored_and_says_so(changed, words, caplog):
    context.save(STACK)
    with caplog.at_level(logging.INFO):
        assert context.current(dataclasses.replace(HERE, **changed)) is None
    assert f"belongs to another {words}" in caplog.text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"identity": {}, "other": 1}'])
def test_a_broken_context_says_how_to_forget_it(file, content):
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(UsageError) as raised:
        context.load()
    assert raised.value.hint == "Forget it: theia-sf context clear"


def test_a_new_endpoint_at_the_old_address_holds_no_stack():
    local = dataclasses.replace(HERE, aws_endpoint="http://127.0.0.1:5566")
    context.save(dataclasses.replace(STACK, identity=local))
    assert not context.forget_endpoint("http://127.0.0.1:7566")
    assert context.load() is not None
    assert context.forget_endpoint("http://127.0.0.1:5566")
    assert context.load() is None


def test_a_context_that_cannot_be_read_or_written_is_told_of(file):
    file.mkdir(parents=True)
    with pytest.raises(UsageError, match=r"The context .* cannot be read: Is a directory"):
        context.load()
    with pytest.raises(UsageError, match=r"The context .* cannot be written: Is a directory"):
        context.save(STACK)
    with pytest.raises(UsageError, match=r"The context .* cannot be forgotten: Is a directory"):
        context.clear()
