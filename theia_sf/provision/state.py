"""What a stack's state file tells without the engine: whose secrets it holds, what is unfinished, what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from theia_sf.provision.backend import Backend, load_checkpoint

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class SecretsProvider:
    """How a state's secrets are encrypted: with a KMS key (url, encrypted_key) or a passphrase (salt)."""

    url: str | None = None
    encrypted_key: str | None = None
    salt: str | None = None

    @property
    def key(self) -> tuple[str, str | None] | None:
        """The KMS key (ID, ARN or alias) and its region, or None for a passphrase."""
        if self.url is None:
            return None
        parts = urlsplit(self.url)
        region = parse_qs(parts.query).get("region", [None])[0]
        return f"{parts.netloc}{parts.path}".lstrip("/"), region


@dataclass(frozen=True)
class State:
    """A stack that exists.

    Attributes:
        secrets: None where the stack has not encrypted anything yet.
        resources: the resources as the state has them, without components (the stack is one) and providers.
        pending: the operations that were under way when the engine was last killed.
        outputs: the plain outputs; encrypted ones are left out.
    """

    secrets: SecretsProvider | None
    resources: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    outputs: Mapping[str, Any]


def read_state(backend: Backend) -> State | None:
    """The stack's state, or None where there is no such stack."""
    content = backend.read_state()
    return None if content is None else parse_state(load_checkpoint(content))


def parse_state(deployment: Mapping[str, Any]) -> State:
    """A state out of the deployment within a state file (version 3 and 4 of Pulumi's format)."""
    everything: list[dict[str, Any]] = deployment.get("resources") or []
    stacks = [found for found in everything if found.get("type") == STACK_TYPE]
    outputs: dict[str, Any] = (stacks[0].get("outputs") or {}) if stacks else {}
    return State(
        secrets=_secrets(deployment.get("secrets_providers") or {}),
        resources=[
            found for found in everything if found.get("custom") and not found["type"].startswith("pulumi:providers:")
        ],
        pending=deployment.get("pending_operations") or [],
        outputs={name: value for name, value in outputs.items() if not isinstance(value, dict)},
    )


def _secrets(found: Mapping[str, Any]) -> SecretsProvider | None:
    state: dict[str, Any] = found.get("state") or {}
    if found.get("type") == "cloud" and state.get("url"):
        return SecretsProvider(url=state["url"], encrypted_key=state.get("encryptedkey"))
    if found.get("type") == "passphrase" and state.get("salt"):
        return SecretsProvider(salt=state["salt"])
    return None
