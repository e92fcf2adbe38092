from __future__ import annotations

from datetime import UTC, datetime

import pytest

from theia_sf.aws.kms import Key, KeyMissingError
from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision.keys import agreed_secrets, needs_key, passphrase_is_empty, usable_key
from theia_sf.provision.request import StackRequest
from theia_sf.provision.state import SecretsProvider, State

REGION = "us-west-2"


def arn(key_id: str) -> str:
    return f"arn:aws:kms:{REGION}:123456789012:key/{key_id}"


KEYS = {
    "k-1": Key("k-1", arn("k-1"), "Enabled", None),
    "k-2": Key("k-2", arn("k-2"), "Enabled", None),
    "alias/flows": Key("k-1", arn("k-1"), "Enabled", None),
    arn("k-1"): Key("k-1", arn("k-1"), "Enabled", None),
    "off": Key("off", arn("off"), "Disabled", None),
    "dying": Key("dying", arn("dying"), "PendingDeletion", datetime(2026, 12, 21, tzinfo=UTC)),
}


def describe(key_id: str, region: str) -> Key:
    if key_id not in KEYS:
        msg = f"There is no KMS key {key_id} in {region}."
        raise KeyMissingError(msg)
    return KEYS[key_id]


def request(key_id: str | None) -> StackRequest:
    return StackRequest("default", "bucket", REGION, key_id=key_id)


def under(key_id: str) -> State:
    return State(SecretsProvider(url=f"awskms://{key_id}?region={REGION}", encrypted_key="QUJD"), [], [], {})


WITH_PASSPHRASE = State(SecretsProvider(salt="v1:x"), [], [], {})


@pytest.mark.parametrize("given", ["k-1", "alias/flows", arn("k-1")])
@pytest.mark.parametrize("stored", ["k-1", "alias/flows", f"/{arn('k-1')}"])
def test_a_stack_opens_with_its_own_key_however_that_is_spelt(given, stored):
    state = under(stored)
    assert agreed_secrets(request(given), state, describe) == state.secrets


@pytest.mark.parametrize("given", ["k-1", "alias/flows"])
def test_a_new_stack_names_its_key_by_id(given):
    assert agreed_secrets(request(given), None, describe) == SecretsProvider(url="awskms://k-1?region=us-west-2")


def test_a_new_stack_names_a_key_that_was_given_by_arn_by_its_arn():
    url = f"awskms:///{arn('k-1')}?region=us-west-2"
    assert agreed_secrets(request(arn("k-1")), None, describe) == SecretsProvider(url=url)


def test_a_stack_under_another_key_is_refused():
    with pytest.raises(UsageError, match="another KMS key: k-2 in us-west-2") as raised:
        agreed_secrets(request("k-1"), under("k-2"), describe)
    assert raised.value.hint == "Use --key-id k-2 --key-region us-west-2"


def test_a_stack_whose_key_is_gone_is_refused():
    with pytest.raises(UsageError, match="k-9 in us-west-2, which does not exist"):
        agreed_secrets(request("k-1"), under("k-9"), describe)


def test_a_stack_with_a_key_is_refused_without_one():
    with pytest.raises(UsageError, match="no key was given") as raised:
        agreed_secrets(request(None), under("k-1"), describe)
    assert raised.value.hint == "Add --key-id k-1 --key-region us-west-2"


def test_a_stack_without_a_key_is_refused_with_one():
    with pytest.raises(UsageError, match="passphrase, not with a KMS key"):
        agreed_secrets(request("k-1"), WITH_PASSPHRASE, describe)


def test_a_stack_with_a_passphrase_opens_without_a_key():
    assert agreed_secrets(request(None), WITH_PASSPHRASE, describe) == WITH_PASSPHRASE.secrets
    assert agreed_secrets(request(None), None, describe) is None


def test_a_key_that_cannot_be_used_is_refused():
    with pytest.raises(TheiaError, match="deleted on 2026-12-21") as raised:
        usable_key("dying", REGION, describe)
    assert "cancel-key-deletion" in (raised.value.hint or "")
    with pytest.raises(TheiaError, match="Disabled"):
        usable_key("off", REGION, describe)
    with pytest.raises(UsageError):
        usable_key("k-9", REGION, describe)


def test_which_stack_needs_a_key():
    assert needs_key(under("alias/flows"), arn("k-1"), REGION, describe)
    assert needs_key(under(f"/{arn('k-1')}"), arn("k-1"), REGION, describe)
    assert not needs_key(under("k-2"), arn("k-1"), REGION, describe)
    assert not needs_key(under("gone"), arn("k-1"), REGION, describe)
    assert not needs_key(WITH_PASSPHRASE, arn("k-1"), REGION, describe)


def test_an_empty_passphrase_is_noticed(monkeypatch):
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    assert passphrase_is_empty(None)
    assert passphrase_is_empty(WITH_PASSPHRASE.secrets)
    assert not passphrase_is_empty(under("k-1").secrets)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "x")
    assert not passphrase_is_empty(None)
