"""The options by which onboard and plan change what a stack is made with; what they do not say is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from theia_sf.cli.shared_options import expanded
from theia_sf.errors import UsageError
from theia_sf.provision.request import DEFAULT, ServiceUser, StackRequest, parse_tags

_PANEL_DEFAULT = "as before; at first {}"

Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY=VALUE",
        help="Tag of every AWS resource, in place of all tags before; may be repeated. `default` goes back.",
        show_default=_PANEL_DEFAULT.format("project=theia-sf, stack=the stack's name"),
    ),
]
ReaderWarehouse = Annotated[
    str | None,
    typer.Option(
        "--reader-warehouse",
        envvar="THEIA_SF_READER_WAREHOUSE",
        help="Existing Snowflake warehouse that the reader role may use. `default` goes back.",
        show_default=_PANEL_DEFAULT.format("an X-Small one of the stack's own"),
    ),
]
ServiceUserName = Annotated[
    str | None,
    typer.Option(
        "--service-user",
        metavar="NAME",
        help="Snowflake user to make for a program that reads the flows; with --role-arn or --public-key.",
    ),
]
RoleArn = Annotated[
    str | None,
    typer.Option("--role-arn", metavar="ARN", help="AWS role that the program has, and signs in by."),
]
PublicKey = Annotated[
    Path | None,
    typer.Option("--public-key", metavar="FILE", help="Public key whose private key the program signs in with."),
]
RemovedServiceUsers = Annotated[
    list[str] | None,
    typer.Option("--remove-service-user", metavar="NAME", help="Service user to drop; may be repeated."),
]


@dataclass(frozen=True)
class ChangeFlags:
    """What the options say; None is what was not given."""

    tag: list[str] | None
    reader_warehouse: str | None
    service_user: str | None
    role_arn: str | None
    public_key: Path | None
    remove_service_user: list[str] | None


_OPTIONS: Final = {
    "tag": Tags,
    "reader_warehouse": ReaderWarehouse,
    "service_user": ServiceUserName,
    "role_arn": RoleArn,
    "public_key": PublicKey,
    "remove_service_user": RemovedServiceUsers,
}


def with_stack_options(function: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `change: ChangeFlags` of a command by the options."""
    return expanded(function, "change", ChangeFlags, _OPTIONS, ChangeFlags)


def changes(flags: ChangeFlags) -> Callable[[StackRequest], StackRequest]:
    """Check the options, and return what adds them to a request.

    Raises:
        UsageError: a value is malformed, or the options do not go together.
    """
    from theia_sf.snowflake.identifiers import fold

    tags = parse_tags(flags.tag or [])
    reader_warehouse = flags.reader_warehouse
    if reader_warehouse is not None:
        reader_warehouse = "" if reader_warehouse == DEFAULT else fold(reader_warehouse)
    user = _service_user(flags.service_user, flags.role_arn, flags.public_key)
    removed = tuple(dict.fromkeys(fold(name) for name in flags.remove_service_user or ()))
    if user is not None and user.name in removed:
        message = f"The service user {user.name} cannot be made and removed at once."
        raise UsageError(message, hint="Leave out --service-user or --remove-service-user.")
    return lambda request: replace(
        request,
        tags=tags,
        reader_warehouse=reader_warehouse,
        service_users=() if user is None else (user,),
        removed_service_users=removed,
    )


def _service_user(name: str | None, role_arn: str | None, public_key: Path | None) -> ServiceUser | None:
    from theia_sf.cli import console

    if name is None:
        if role_arn is not None or public_key is not None:
            flag = "--role-arn" if role_arn is not None else "--public-key"
            message = f"{flag} was given without the user that it belongs to."
            raise UsageError(message, hint="Add --service-user NAME.")
        return None
    if (role_arn is None) == (public_key is None):
        how = "in no way" if role_arn is None else "in two ways"
        message = f"The service user {name} would sign in {how}."
        raise UsageError(message, hint="Add either --role-arn ARN or --public-key FILE.")
    from theia_sf.snowflake.identifiers import fold

    if role_arn is not None:
        from theia_sf.identity.role_arns import parse_role_arn

        role = parse_role_arn(role_arn)
        for note in role.notes:
            console.note(note)
        return ServiceUser(fold(name), role_arn=role.arn)
    from theia_sf.snowflake.public_keys import read_public_key

    assert public_key is not None  # noqa: S101  one of the two is given
    return ServiceUser(fold(name), public_key=read_public_key(public_key))
