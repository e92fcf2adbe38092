"""The README of what was built: how to deploy it, and which Snowflake user it needs."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Final

from theia_sf import __version__
from theia_sf.scheduled.bundle.target import MAX_UNZIPPED, RUNTIME, Architecture

_MEGABYTE: Final = 1_000_000

_TEXT: Final = Template("""\
# theia-sf $version as an AWS Lambda function

Runs theia-sf's analyses on a schedule, signed in to Snowflake as the function's own role: there is no password and no
key. `theia-sf workload-identity lambda --deploy` does all of the following by itself, as a part of the stack.

| file | what it is |
| --- | --- |
| `template.yaml` | CloudFormation: the function, its layer, its role, its log and its schedules |
| `function.zip` | theia-sf's handler, `theia_sf.scheduled.handler` |
$layers
| `requirements.txt` | what is in the layers, with exact versions |

Function and layer, unzipped: $sizes, of the $quota MB (250 MiB) that Lambda allows. The runtime is $runtime.

## Deploy it

Archives of more than 50 MB, and everything that CloudFormation deploys, are uploaded to S3 first:

    aws cloudformation package --template-file template.yaml --s3-bucket MY-CODE-BUCKET \\
      --output-template-file packaged.yaml
    aws cloudformation deploy --template-file packaged.yaml --stack-name theia-sf-scheduled \\
      --capabilities CAPABILITY_IAM --parameter-overrides SnowflakeAccount=ORG-ACCOUNT SnowflakeRole=ANTREA_READER_X \\
      DatabaseName=ANTREA_X WarehouseName=ANTREA_READER_X ResultsBucket=MY-RESULTS-BUCKET

(`sam deploy --guided` does both.) A bucket encrypted with a KMS key of your own needs `kms:GenerateDataKey` for the
function's role as well.

## The Snowflake user

Ask for the role's ARN, and bind a user to it, that may use the role which reads the flows:

    aws cloudformation describe-stacks --stack-name theia-sf-scheduled \\
      --query "Stacks[0].Outputs[?OutputKey=='FunctionRoleArn'].OutputValue" --output text
    theia-sf workload-identity create THEIA_SF_SCHEDULED --role-arn ARN --role ANTREA_READER_X

or, as a Snowflake administrator:

    CREATE USER THEIA_SF_SCHEDULED
      TYPE = SERVICE
      WORKLOAD_IDENTITY = (TYPE = AWS ARN = 'arn:aws:iam::ACCOUNT:role/NAME')
      DEFAULT_ROLE = ANTREA_READER_X
      DEFAULT_WAREHOUSE = ANTREA_READER_X;
    GRANT ROLE ANTREA_READER_X TO USER THEIA_SF_SCHEDULED;

The ARN must have no path. The role of this template has none; where you use another role, such as one that the Lambda
console made (`role/service-role/NAME`), leave the path out: `role/NAME`. With it Snowflake would not find the user.

## Try it

    aws lambda invoke --function-name NAME --cli-binary-format raw-in-base64-out \\
      --payload '{"job": "current-user"}' /dev/stdout
""")


def readme(layers: Mapping[Architecture, str], sizes: Mapping[Architecture, int]) -> str:
    """Return the text.

    Args:
        layers: name of each machine's layer.
        sizes: bytes of the function and each machine's layer together, unzipped.
    """
    rows = [f"| `{archive}` | what the handler imports, for {one} |" for one, archive in layers.items()]
    told = [f"{size / _MEGABYTE:.0f} MB for {one}" for one, size in sizes.items()]
    return _TEXT.substitute(
        version=__version__,
        layers="\n".join(rows),
        sizes=", ".join(told),
        quota=f"{MAX_UNZIPPED / _MEGABYTE:.0f}",
        runtime=RUNTIME,
    )
