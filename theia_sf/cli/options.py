"""The options that several commands share, each defined once.

Use as annotations: `def command(region: Region = None, output: Output = OutputFormat.TABLE) -> None`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli.output import OutputFormat
from theia_sf.provision.request import DEFAULT_PREFIX, DEFAULT_STACK

Output = Annotated[
    OutputFormat,
    typer.Option("--output", "-o", envvar="THEIA_SF_OUTPUT", help="How to print the result.", case_sensitive=False),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="AWS region.",
        show_default="AWS_REGION, AWS_DEFAULT_REGION, the AWS profile's, us-west-2",
    ),
]

# The stack and where its state is kept. None means: the current context's, or the default in the help text.
StackName = Annotated[
    str | None,
    typer.Option("--stack-name", envvar="THEIA_SF_STACK_NAME", help="Name of the stack.", show_default=DEFAULT_STACK),
]
BucketName = Annotated[
    str | None,
    typer.Option(
        "--bucket-name",
        envvar="THEIA_SF_BUCKET_NAME",
        help="S3 bucket that holds the infrastructure state.",
        show_default="the context's",
    ),
]
BucketPrefix = Annotated[
    str | None,
    typer.Option(
        "--bucket-prefix",
        envvar="THEIA_SF_BUCKET_PREFIX",
        help="Prefix of the state within the bucket.",
        show_default=DEFAULT_PREFIX,
    ),
]
BucketRegion = Annotated[
    str | None,
    typer.Option(
        "--bucket-region", envvar="THEIA_SF_BUCKET_REGION", help="Region of the bucket.", show_default="looked up"
    ),
]
KeyId = Annotated[
    str | None,
    typer.Option(
        "--key-id",
        envvar="THEIA_SF_KMS_KEY_ID",
        help="KMS key that encrypts secrets in the state: ID, ARN or alias.",
        show_default="the context's",
    ),
]
KeyRegion = Annotated[
    str | None,
    typer.Option(
        "--key-region", envvar="THEIA_SF_KMS_KEY_REGION", help="Region of the KMS key.", show_default="--region"
    ),
]

# Snowflake
DatabaseName = Annotated[
    str | None,
    typer.Option(
        "--database-name",
        envvar="THEIA_SF_DATABASE_NAME",
        help="Snowflake database that holds the flows, as printed by onboard.",
        show_default="the context's, or the only ANTREA_ database",
    ),
]
WarehouseName = Annotated[
    str | None,
    typer.Option(
        "--warehouse-name",
        envvar="THEIA_SF_WAREHOUSE_NAME",
        help="Snowflake warehouse to use.",
        show_default="a temporary X-Small one",
    ),
]


def hidden_flag(name: str) -> typer.models.OptionInfo:
    """Return an option of the original program that has no meaning any more: accepted, hidden in the help.

    The command says so on stderr when it is given (`theia_sf.cli.console.note`).
    """
    return typer.Option(name, hidden=True, help="Accepted for compatibility; has no effect.")
