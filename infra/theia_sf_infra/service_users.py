"""Snowflake users for programs (a dashboard, an agent, the scheduled function), which read the flows and no more.

A service user has no password. It signs in as an AWS role, with nothing to keep secret on either side, or by a key pair
whose public half alone is known here.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_snowflake as snowflake

from theia_sf_infra.settings import ServiceUserSettings

# The provider takes a workload identity only under this experiment.
EXPERIMENTAL_FEATURE = "USER_ENABLE_DEFAULT_WORKLOAD_IDENTITY"


def service_users(
    users: Sequence[ServiceUserSettings],
    database: pulumi.Input[str],
    role: snowflake.AccountRole,
    warehouse: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Declare the users that the stack's options name."""
    for user in users:
        service_user(
            f"service-user-{user.name}",
            name=user.name,
            role_arn=user.role_arn,
            public_key=user.public_key,
            given=user.given,
            comment=pulumi.Output.concat("Reads the flows in ", database, " for a program, made by theia-sf"),
            reader_role=role,
            warehouse=warehouse,
            opts=opts,
        )


def service_user(
    resource_name: str,
    *,
    name: pulumi.Input[str],
    role_arn: pulumi.Input[str] | None,
    public_key: str | None,
    given: bool,
    comment: pulumi.Input[str],
    reader_role: snowflake.AccountRole,
    warehouse: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[snowflake.ServiceUser, snowflake.GrantAccountRole]:
    """Declare one user, who has the reader role and no other, not even as a secondary one.

    Args:
        resource_name: in the stack.
        name: as Snowflake stores it.
        role_arn: the AWS role that signs in as this user, without a path; or None.
        public_key: RSA or EC, in base64 on one line; or None.
        given: whether this update was given how the user signs in, rather than remembers it.
        comment: names the database, by which theia-sf knows its own users (`theia_sf.provision.own_users`).
        reader_role: the user's one role.
        warehouse: the user's default warehouse, which the role may use.
        opts: for both resources.
    """
    identity = None
    if role_arn is not None:
        identity = snowflake.ServiceUserDefaultWorkloadIdentityArgs(
            aws=snowflake.ServiceUserDefaultWorkloadIdentityAwsArgs(arn=role_arn)
        )
    # Unless this update was given the key, one that was exchanged in Snowflake (theia-sf keypair rotate) stays: to put
    # the first one back would lock the program out.
    keys = pulumi.ResourceOptions(ignore_changes=[] if given else ["rsaPublicKey", "rsaPublicKey2"])
    user = snowflake.ServiceUser(
        resource_name,
        name=name,
        default_workload_identity=identity,
        rsa_public_key=public_key,
        default_role=reader_role.name,
        default_warehouse=warehouse,
        default_secondary_roles_option="NONE",
        comment=comment,
        opts=pulumi.ResourceOptions.merge(opts, keys),
    )
    grant = snowflake.GrantAccountRole(
        f"{resource_name}-role", role_name=reader_role.name, user_name=user.fully_qualified_name, opts=opts
    )
    return user, grant
