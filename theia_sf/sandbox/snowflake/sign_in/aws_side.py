"""What the account must ask AWS: whose an access key is, and who signs outbound tokens.

The account answers GetCallerIdentity requests itself, with the sandbox's IAM, in the place of sending them to AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from theia_sf.sandbox.aws.identities import KeyIdentity


class AwsSide(Protocol):
    """The AWS that a workload's attestation comes from."""

    def find(self, access_key_id: str) -> KeyIdentity | None:
        """The holder of an access key; None if nobody issued it."""
        ...

    def jwks(self) -> dict[str, Any]:
        """The keys that sign outbound tokens, as a JSON Web Key Set."""
        ...


class SandboxAws:
    """The AWS in this process; its modules are loaded when it is first asked, because moto takes its time."""

    def find(self, access_key_id: str) -> KeyIdentity | None:
        """See `theia_sf.sandbox.aws.identities.find`."""
        from theia_sf.sandbox.aws import identities  # noqa: PLC0415 - see above

        return identities.find(access_key_id)

    def jwks(self) -> dict[str, Any]:
        """See `theia_sf.sandbox.aws.outbound_tokens.jwks`."""
        from theia_sf.sandbox.aws import outbound_tokens  # noqa: PLC0415 - see above

        return outbound_tokens.jwks()
