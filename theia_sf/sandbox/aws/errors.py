"""Errors of the sandbox's own answers, which moto writes in the protocol of the service."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """An error of AWS. Its HTTP status is the one that botocore's model of the service gives the code, else 400.

    moto looks for the model of an error in the package of its class: one of moto's own would lead it astray.

    Args:
        code: as the service's API reference names it.
        message: what AWS says.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
