"""ARNs of AWS IAM roles, as Snowflake's workload identities want them: without the role's path.

Snowflake takes the first word after `role/` for the role's name, and AWS attests a caller without its role's path. So a
user whose identity was given as `arn:aws:iam::…:role/service-role/NAME` can never sign in.

Sources: naming rules: IAM API reference, CreateRole (RoleName, Path); forms of ARNs: IAM user guide, "IAM identifiers";
partitions: snowflake-connector-python, `wif_util`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from theia_sf.errors import UsageError

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")
FORM: Final = "It must look like arn:aws:iam::123456789012:role/NAME."
_LONGEST_PATH: Final = 512  # characters, both slashes included

_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>[0-9]{12}):(?P<resource>[!-\x7e]+)"
)
_NAME: Final = r"[A-Za-z0-9_+=,.@-]{1,64}"
_ROLE: Final = re.compile(rf"role(?P<path>/|/[!-\x7f]+/)(?P<name>{_NAME})")
_ASSUMED_ROLE: Final = re.compile(rf"assumed-role/(?P<name>{_NAME})/(?P<session>[A-Za-z0-9_+=,.@-]{{2,64}})")

# What else an ARN of IAM or STS can name, by how its resource begins.
_OTHERS: Final = {
    "root": "the root user of an AWS account",
    "user/": "an IAM user",
    "federated-user/": "a federated user",
    "group/": "an IAM group",
    "instance-profile/": "an instance profile",
    "policy/": "an IAM policy",
}


@dataclass(frozen=True)
class RoleArn:
    """A role's ARN without its path.

    Attributes:
        arn: `arn:PARTITION:iam::ACCOUNT:role/NAME`, what Snowflake is to be told.
        account: the AWS account, 12 digits.
        name: the role's name.
        partition: one of `PARTITIONS`.
        given: the text that it was made from.
        notes: one sentence for each thing that `arn` says otherwise than `given`.
    """

    arn: str
    account: str
    name: str
    partition: str
    given: str
    notes: tuple[str, ...]


def parse_role_arn(text: str) -> RoleArn:
    """Return the path-free ARN of the role that `text` names: a role's own ARN, or that of one of its sessions.

    Parsing the result's `arn` again gives the same `arn`, and no notes.

    Raises:
        UsageError: it names no role (a user, the root user, a group), is in a partition that Snowflake does not know,
            or is malformed.
    """
    given = text.strip()
    match = _ARN.fullmatch(given)
    if match is None:
        message = f"{given!r} is not the ARN of an IAM role."
        raise UsageError(message, hint=FORM)
    partition, account, resource = match["partition"], match["account"], match["resource"]
    if partition not in PARTITIONS:
        message = f"{given!r} is in the AWS partition {partition}, whose roles Snowflake does not accept."
        raise UsageError(message, hint=f"Snowflake accepts roles in {', '.join(PARTITIONS)}.")
    role = (_ROLE if match["service"] == "iam" else _ASSUMED_ROLE).fullmatch(resource)
    if role is None or len(role.groupdict().get("path", "")) > _LONGEST_PATH:
        raise _no_role(given, resource)
    arn = f"arn:{partition}:iam::{account}:role/{role['name']}"
    return RoleArn(arn, account, role["name"], partition, given, _notes(arn, role))


def _notes(arn: str, role: re.Match[str]) -> tuple[str, ...]:
    parts = role.groupdict()
    if "session" in parts:
        return (f"The ARN of the session {parts['session']} was turned into that of its role: {arn}.",)
    path = parts["path"].strip("/")
    if parts["path"] == "/":
        return ()
    return (f"The role's path {path}/ was taken out of the ARN, as Snowflake knows roles by their name alone: {arn}.",)


def _no_role(given: str, resource: str) -> UsageError:
    what = next((words for start, words in _OTHERS.items() if resource.startswith(start)), None)
    if what is None:
        return UsageError(f"{given!r} is not the ARN of an IAM role.", hint=FORM)
    hint = "Let the workload assume an IAM role, and give that role's ARN; theia-sf binds no long-lived AWS keys."
    return UsageError(f"{given!r} is {what}, not a role.", hint=hint)
