"""`theia-sf workload-identity`: Snowflake users that AWS roles sign in as, without any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from theia_sf.cli import options, workload_identity_check
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.identity.bindings import Binding

group = typer.Typer(
    no_args_is_help=True, help="Let programs on AWS sign in to Snowflake as their IAM role, without any secret."
)
UserName = Annotated[str, typer.Argument(metavar="USER", help="Name of the Snowflake user.", show_default=False)]

_MADE = {"user": "User", "action": "Done", "role_arn": "AWS role", "issuer": "Issuer", "roles": "Snowflake roles"}
_LISTED = {
    "user": "User",
    "identity": "Identity",
    "provider": "Provider",
    "principal": "Who",
    "issuer": "Issuer",
    "last_used": "Last used",
    "fault": "Broken",
}


@with_sign_in
def create(  # noqa: PLR0917 (Typer calls with keywords)
    name: UserName,
    role_arn: Annotated[
        str, typer.Option("--role-arn", help="ARN of the IAM role, or of a session of it.", show_default=False)
    ],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="Snowflake role to grant to the user; the first becomes its default. Repeatable."),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            "--issuer", help="Issuer of the AWS account's outbound tokens, for sign-ins by token.", show_default="none"
        ),
    ] = None,
    default_warehouse: Annotated[
        str | None, typer.Option("--default-warehouse", help="Warehouse of the user's sessions.", show_default="none")
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Comment on the user.", show_default="none")] = None,
    as_role: Annotated[
        str | None,
        typer.Option(
            "--as-role",
            help="Snowflake role to do this with.",
            show_default="SNOWFLAKE_ROLE, or the signed-in user's default",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the SQL, and change nothing.")] = False,
    yes: options.Yes = False,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Make a service user that an IAM role signs in as, or bind an existing service user to the role.

    Snowflake knows roles without their paths: of arn:aws:iam::123456789012:role/service-role/NAME the user is bound
    to role/NAME, and the command says so. One IAM role can be bound to one user only; if it is bound to another
    one, the command names that.
    """
    from dataclasses import replace

    from theia_sf.cli.console import confirm, note, working
    from theia_sf.cli.output import render, sanitize, write
    from theia_sf.identity import service_users
    from theia_sf.identity.role_arns import parse_role_arn
    from theia_sf.identity.service_user import service_user
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    arn = parse_role_arn(role_arn)
    wanted = service_user(
        name, arn, issuer=issuer, roles=tuple(role or ()), default_warehouse=default_warehouse, comment=comment
    )
    for sentence in arn.notes:
        note(sentence)
    settings = resolve(replace(sign_in, role=as_role))
    with session(settings, query_tag="theia-sf workload-identity create") as connection:
        with working("Looking whether another user has the role"):
            planned = service_users.plan(connection, wanted)
        lost = planned.replaced
        if dry_run:
            if output is OutputFormat.TABLE:
                write(sanitize("\n".join(f"{statement};" for statement in planned.statements)))
            else:
                render({"action": planned.action, "statements": list(planned.statements)}, output)
            return
        if lost is not None and lost.fault:
            note(f"{wanted.name} was bound to {lost.principal}, by which nobody can sign in: {lost.fault}")
        elif lost is not None:
            question = f"{lost.principal} can no longer sign in as {wanted.name} then. Go on?"
            confirm(question, yes=yes, needs_yes=True)
        service_users.apply(connection, planned)
    result: dict[str, Any] = {
        "user": wanted.name,
        "action": planned.action,
        "role_arn": arn.arn,
        "issuer": wanted.issuer,
        "roles": list(wanted.roles),
    }
    render(result, output, columns={key: label for key, label in _MADE.items() if result[key]})
    note("Run `theia-sf workload-identity check` where the workload runs, to see it sign in.")


@with_sign_in
def list_(
    account_usage: Annotated[
        bool,
        typer.Option(
            "--account-usage",
            help="Look into SNOWFLAKE.ACCOUNT_USAGE, which is up to two hours behind; needs a role"
            " that may, and a warehouse.",
        ),
    ] = False,
    warehouse_name: options.WarehouseName = None,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """List who may sign in as which service user, and mark what cannot work.

    A binding is broken if the role was given with its path, which Snowflake takes for the role's name:
    `theia-sf workload-identity create` with the same user and the role's ARN mends it.
    """
    from theia_sf.cli.console import note, working
    from theia_sf.cli.output import render
    from theia_sf.identity.bindings import from_account_usage, list_bindings
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve
    from theia_sf.snowflake.warehouse import warehouse_for

    with session(resolve(sign_in), query_tag="theia-sf workload-identity list") as connection:
        if account_usage:
            with warehouse_for(connection, warehouse_name):
                bindings = from_account_usage(connection)
            note("ACCOUNT_USAGE is up to two hours behind: what was changed since is not shown.")
        else:
            with working("Asking for the identities of each user"):
                bindings = list_bindings(connection)
    if bindings.hidden:
        note(
            f"The role may not see the details of {', '.join(bindings.hidden)}: it takes MONITOR on the user;"
            " --account-usage shows them all to roles that may read it, up to two hours late."
        )
    if not bindings.found and output is OutputFormat.TABLE:
        note("No user has a workload identity.")
        return
    render([_row(binding) for binding in bindings.found], output, columns=_LISTED)


@with_sign_in
def delete(
    name: UserName,
    keep_user: Annotated[
        bool, typer.Option("--keep-user", help="Only take the workload identity away, and keep the user.")
    ] = False,
    yes: options.Yes = False,
    *,
    sign_in: SignIn,
) -> None:
    """Delete a service user that AWS roles sign in as. A person's user is never deleted.

    A service user that a stack made (onboard --service-user) is taken away by onboard --remove-service-user.
    """
    from theia_sf.cli.console import confirm
    from theia_sf.cli.output import write
    from theia_sf.identity.deletion import delete_user, find_deletable
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    with session(resolve(sign_in), query_tag="theia-sf workload-identity delete") as connection:
        user, bindings = find_deletable(connection, name)
        who = ", ".join(binding.principal for binding in bindings)
        what = f"Take the workload identity of {user.name} away" if keep_user else f"Delete the user {user.name}"
        confirm(f"{who} can no longer sign in to Snowflake then. {what}?", yes=yes, needs_yes=True)
        delete_user(connection, user, keep_user=keep_user)
    write(f"{user.name} has no workload identity any more." if keep_user else f"Deleted the user {user.name}.")


def _row(binding: Binding) -> dict[str, Any]:
    return {
        "user": binding.user,
        "identity": binding.name,
        "provider": binding.provider,
        "principal": binding.principal,
        "issuer": binding.issuer,
        "last_used": binding.last_used,
        "created_on": binding.created_on,
        "status": binding.status,
        "fault": binding.fault,
    }


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group.command("create")(create)
    group.command("list")(list_)
    group.command("delete")(delete)
    group.command("check")(workload_identity_check.check)
    app.add_typer(group, name="workload-identity")
