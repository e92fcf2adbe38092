"""Whether a stack belongs to the accounts and the region that an operation is about to work with.

With others the engine would find none of the stack's objects, and make everything a second time.
"""

from __future__ import annotations

from theia_sf.aws.session import CallerIdentity
from theia_sf.errors import UsageError
from theia_sf.provision.state import State

_ARN_FIELDS = 6  # arn:PARTITION:sqs:REGION:ACCOUNT:NAME


def require_own(state: State, *, region: str, caller: CallerIdentity, snowflake_account: str | None) -> None:
    """Compares what the state says of itself with what the credentials and flags lead to.

    Args:
        state: the stack's; one that was never onboarded to the end says nothing, and passes.
        region: the AWS region asked for.
        caller: whose AWS credentials these are.
        snowflake_account: `ORGANIZATION-ACCOUNT` that was signed in to; None where there was no sign-in.

    Raises:
        UsageError: the stack is elsewhere.
    """
    outputs = state.outputs
    queue = str(outputs.get("sqs_queue_arn", "")).split(":")
    owner = queue[4] if len(queue) == _ARN_FIELDS else caller.account
    if owner != caller.account:
        msg = f"The stack is in AWS account {owner}, and the credentials are of {caller.account}."
        raise UsageError(msg, hint="Use credentials of the stack's own account.")
    own_region = str(outputs.get("region", region))
    if own_region != region:
        msg = f"The stack is in region {own_region}, not in {region}."
        raise UsageError(msg, hint=f"Use --region {own_region}, or another --stack-name for a stack in {region}.")
    own_account = outputs.get("snowflake_account")
    if own_account and snowflake_account and own_account != snowflake_account:
        msg = f"The stack is in Snowflake account {own_account}, and the sign-in was to {snowflake_account}."
        raise UsageError(msg, hint="Sign in to the stack's own account.")
