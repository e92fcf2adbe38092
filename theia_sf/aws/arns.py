"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from theia_sf.errors import UsageError

_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}|):(?P<resource>.+)"
)


@dataclass(frozen=True)
class Arn:
    """An ARN taken apart; `region` and `account` are empty where the service has none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str, service: str) -> Arn:
    """Take apart the ARN of a resource of `service` ("sqs", "kms").

    Raises:
        UsageError: it is no ARN, or one of another service.
    """
    match = _ARN.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not an ARN."
        raise UsageError(message, hint=f"It must look like arn:aws:{service}:us-west-2:123456789012:NAME.")
    arn = Arn(**match.groupdict())
    if arn.service != service:
        message = f"{text!r} is an ARN of the service {arn.service}, not of {service}."
        raise UsageError(message)
    return arn
