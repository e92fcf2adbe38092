"""Which key a stack's secrets are under, and whether a request comes with that one.

Pulumi would take another key or a passphrase without a word, re-encrypt with it what it can read, and fail half-way at
what it cannot: so the request is compared with the state before anything is touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from theia_sf.aws.kms import Key, KeyMissingError, describe_key, key_region
from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision.backend import secrets_url
from theia_sf.provision.request import StackRequest
from theia_sf.provision.state import SecretsProvider, State

ENABLED = "Enabled"
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  the name of a variable
Describe = Callable[[str, str], Key]


def key_location(request: StackRequest) -> tuple[str, str] | None:
    """The key of a request and the region it is looked up in; None for a passphrase."""
    if request.key_id is None:
        return None
    return request.key_id, key_region(request.key_id, request.key_region or request.region)


def usable_key(key_id: str, region: str, describe: Describe = describe_key) -> Key:
    """The key, ready for use.

    Raises:
        KeyMissingError: there is none.
        TheiaError: it is disabled, pending deletion, or otherwise not to be used.
    """
    key = describe(key_id, region)
    if key.state == ENABLED:
        return key
    if key.deletion_date is not None:
        msg = f"The KMS key {key_id} is to be deleted on {key.deletion_date:%Y-%m-%d} and cannot be used."
        raise TheiaError(msg, hint=f"Keep it: aws kms cancel-key-deletion --key-id {key.arn} --region {region}")
    msg = f"The KMS key {key_id} cannot be used: its state is {key.state}."
    raise TheiaError(msg, hint=f"Enable it: aws kms enable-key --key-id {key.arn} --region {region}")


def agreed_secrets(
    request: StackRequest, state: State | None, describe: Describe = describe_key
) -> SecretsProvider | None:
    """What to open the stack with: the existing state's own provider, else a new one for the request's key.

    None means a passphrase that nothing was encrypted with yet.

    Raises:
        UsageError: the stack is under another key, or under a passphrase and a key is given, or the reverse; the
            key does not exist.
        TheiaError: the key cannot be used.
    """
    given = key_location(request)
    key = usable_key(*given, describe=describe) if given is not None else None
    known = state.secrets if state is not None else None
    if known is None:
        return (
            None if key is None or given is None else SecretsProvider(url=secrets_url(_name(key, given[0]), given[1]))
        )
    own = known.key
    stack = f"The stack {request.stack_name}"
    if own is None:
        if key is not None:
            msg = f"{stack} is encrypted with a passphrase, not with a KMS key."
            raise UsageError(msg, hint=f"Leave out --key-id, and set {PASSPHRASE} to the stack's passphrase.")
        return known
    own_id, own_region = own[0], own[1] or request.region
    if key is None:
        msg = f"{stack} is encrypted with the KMS key {own_id}, and no key was given."
        raise UsageError(msg, hint=f"Add --key-id {own_id} --key-region {own_region}")
    if own_id not in {key.key_id, key.arn} and _arn(own_id, own_region, stack, describe) != key.arn:
        msg = f"{stack} is encrypted with another KMS key: {own_id} in {own_region}."
        raise UsageError(msg, hint=f"Use --key-id {own_id} --key-region {own_region}")
    return known


def needs_key(state: State, key_arn: str, region: str, describe: Describe = describe_key) -> bool:
    """Whether a stack cannot be read any more without this key; `region` is for a state that names none."""
    own = state.secrets.key if state.secrets is not None else None
    if own is None:
        return False
    if own[0] == key_arn:
        return True
    try:
        return describe(own[0], own[1] or region).arn == key_arn
    except KeyMissingError:
        return False


def passphrase_is_empty(secrets: SecretsProvider | None) -> bool:
    """Whether a stack would be, or is, encrypted with an empty passphrase, which protects nothing."""
    with_passphrase = secrets is None or secrets.url is None
    return with_passphrase and not (os.environ.get(PASSPHRASE) or os.environ.get(f"{PASSPHRASE}_FILE"))


def _name(key: Key, given: str) -> str:
    """What to call the key in a new state: its ID, which never moves as an alias does; an ARN stays one.

    A key of another account is reached by its ARN alone, so whoever gave an ARN gets the key's ARN.
    """
    return key.arn if given.startswith("arn:") else key.key_id


def _arn(key_id: str, region: str, stack: str, describe: Describe) -> str:
    try:
        return describe(key_id, region).arn
    except KeyMissingError as error:
        msg = f"{stack} is encrypted with the KMS key {key_id} in {region}, which does not exist any more."
        raise UsageError(
            msg, hint="Without that key the state cannot be read; a stack is opened with its own key only."
        ) from error
