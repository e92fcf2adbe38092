"""The configuration file as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from theia_sf.proxy.config.audit import AuditConfig
from theia_sf.proxy.config.base import FilePath, Section
from theia_sf.proxy.config.limits import Limits
from theia_sf.proxy.config.listen import Health, Listen
from theia_sf.proxy.config.store import Store
from theia_sf.proxy.config.tokens import Tokens
from theia_sf.proxy.config.upstreams import Upstream


class ProxyConfig(Section):
    """All of proxy.yaml.

    Attributes:
        listen, health: where it listens.
        upstreams: name of an account, as the policy and the audit use it, to the account.
        users: the registry's file.
        policy: the policy's file, or the policy itself; without one, every user may do all that the identity
            `default` (or the only one) of an account may.
        store, audit, tokens, limits: see there.
    """

    listen: Listen = Listen()
    health: Health = Health()
    upstreams: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")], Upstream], Field(min_length=1)
    ]
    users: FilePath
    policy: FilePath | dict[str, Any] | None = None
    store: Store
    audit: AuditConfig
    tokens: Tokens = Tokens()
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _hosts_once(self) -> Self:
        seen: dict[str, str] = {}
        for name, upstream in self.upstreams.items():
            for host in upstream.hosts:
                other = seen.setdefault(host.lower(), name)
                if other != name:
                    message = f"the accounts {other} and {name} of `upstreams` both have the host {host}"
                    raise ValueError(message)
        return self
