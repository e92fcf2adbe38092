"""The role and the warehouse for dashboards and analysts: they read every table and view, and change nothing.

Of the account the role sees nothing: its usage views (SNOWFLAKE.ACCOUNT_USAGE) hold the text of everybody's queries.
"""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

READABLE = ("TABLES", "VIEWS")


def reader_role(
    name: pulumi.Input[str], schema: snowflake.Schema, opts: pulumi.ResourceOptions
) -> snowflake.AccountRole:
    """Declare the role, SELECT on what stands and on what is yet to come, and its place under SYSADMIN.

    `opts` must let the grants wait for the migrations: "all" means all at that moment.
    """
    role = snowflake.AccountRole("reader-role", name=name, comment="Reads the flows of theia-sf", opts=opts)
    # under SYSADMIN, as Snowflake advises: a role of nobody's cannot be managed by anybody but its owner
    snowflake.GrantAccountRole("reader-role-sysadmin", role_name=role.name, parent_role_name="SYSADMIN", opts=opts)
    snowflake.GrantPrivilegesToAccountRole(
        "reader-database",
        account_role_name=role.name,
        privileges=["USAGE"],
        on_account_object=snowflake.GrantPrivilegesToAccountRoleOnAccountObjectArgs(
            object_type="DATABASE", object_name=schema.database
        ),
        opts=opts,
    )
    snowflake.GrantPrivilegesToAccountRole(
        "reader-schema",
        account_role_name=role.name,
        privileges=["USAGE"],
        on_schema=snowflake.GrantPrivilegesToAccountRoleOnSchemaArgs(schema_name=schema.fully_qualified_name),
        opts=opts,
    )
    # The provider never reads back what was granted on "all"; were the role deleted by hand and made again, its rights
    # on what stands would be missing for good. Another role, told by the moment it was made, is granted them anew.
    made = role.show_outputs.apply(lambda shown: shown[0].created_on)
    again = pulumi.ResourceOptions(replacement_trigger=made, delete_before_replace=True)
    for kind in READABLE:
        snowflake.GrantPrivilegesToAccountRole(
            f"reader-all-{kind.lower()}",
            account_role_name=role.name,
            privileges=["SELECT"],
            on_schema_object=snowflake.GrantPrivilegesToAccountRoleOnSchemaObjectArgs(
                all=snowflake.GrantPrivilegesToAccountRoleOnSchemaObjectAllArgs(
                    object_type_plural=kind, in_schema=schema.fully_qualified_name
                )
            ),
            opts=pulumi.ResourceOptions.merge(opts, again),
        )
        snowflake.GrantPrivilegesToAccountRole(
            f"reader-future-{kind.lower()}",
            account_role_name=role.name,
            privileges=["SELECT"],
            on_schema_object=snowflake.GrantPrivilegesToAccountRoleOnSchemaObjectArgs(
                future=snowflake.GrantPrivilegesToAccountRoleOnSchemaObjectFutureArgs(
                    object_type_plural=kind, in_schema=schema.fully_qualified_name
                )
            ),
            opts=opts,
        )
    return role


def pipe_monitoring(role: snowflake.AccountRole, pipe: snowflake.Pipe, opts: pulumi.ResourceOptions) -> None:
    """Let the role ask how loading goes: SYSTEM$PIPE_STATUS answers the pipe's owner and holders of MONITOR alone.

    COPY_HISTORY needs no more than a privilege on the table, but hides the pipe's name without MONITOR
    (docs.snowflake.com, "SYSTEM$PIPE_STATUS" and "COPY_HISTORY", usage notes).

    A pipe that is replaced takes its grants with it. The target is the pipe's output, so the engine replaces the grant
    along with the pipe, and the new one is granted.
    """
    snowflake.GrantPrivilegesToAccountRole(
        "reader-pipe",
        account_role_name=role.name,
        privileges=["MONITOR"],
        on_schema_object=snowflake.GrantPrivilegesToAccountRoleOnSchemaObjectArgs(
            object_type="PIPE", object_name=pipe.fully_qualified_name
        ),
        opts=opts,
    )


def reader_warehouse(
    name: pulumi.Input[str], existing: str | None, role: snowflake.AccountRole, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Let the role use a warehouse: `existing`, or one of the stack's own that costs nothing while nobody reads.

    Returns:
        The warehouse's name.
    """
    if existing is None:
        warehouse = snowflake.Warehouse(
            "reader-warehouse",
            name=name,
            warehouse_size="XSMALL",
            auto_suspend=60,
            auto_resume="true",
            initially_suspended=True,
            comment="For readers of the flows of theia-sf",
            opts=opts,
        )
        used = warehouse.name
    else:
        used = pulumi.Output.from_input(existing)
    snowflake.GrantPrivilegesToAccountRole(
        "reader-warehouse-usage",
        account_role_name=role.name,
        privileges=["USAGE"],
        on_account_object=snowflake.GrantPrivilegesToAccountRoleOnAccountObjectArgs(
            object_type="WAREHOUSE", object_name=used
        ),
        opts=opts,
    )
    return used
