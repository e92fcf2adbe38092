"""The ids that a client gets when it renews its session."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from theia_sf.proxy.sessions.model import SessionRecord, UpstreamTokens
from theia_sf.proxy.sessions.tokens import token_hash
from theia_sf.secret import Secret


@dataclass(frozen=True)
class ClientRenewal:
    """A renewal that the client asked for.

    The new ids are made of Snowflake's new tokens, which nobody else knows, by a function that has no way back. So the
    threads of a client that all find their session expired at one moment all get the same ids, whichever instance of
    the proxy they ask, though no store has them in clear.

    Attributes:
        presented: SHA-256 of the id that the client sent in the place of the master token.
        prefix: what ids begin with.
    """

    presented: str
    prefix: str

    def ids(self, record: SessionRecord, tokens: UpstreamTokens) -> tuple[str, str]:
        """Return the ids in the place of session token and master token."""
        return self._id("session", record, tokens.session), self._id("master", record, tokens.session)

    def _id(self, kind: str, record: SessionRecord, secret: Secret) -> str:
        digest = hmac.digest(secret.reveal().encode(), f"{kind} of {record.id}".encode(), "sha256")
        return self.prefix + urlsafe_b64encode(digest).decode().rstrip("=")

    def is_repeated(self, record: SessionRecord) -> bool:
        """Whether another request has renewed the session just now, with the id that this one sent too."""
        if self.presented != record.previous_master_hash:
            return False
        return tuple(map(token_hash, self.ids(record, record.tokens))) == (record.token_hash, record.master_hash)
