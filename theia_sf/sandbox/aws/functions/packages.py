"""What Lambda refuses when a function is made or changed, and moto takes.

- A role that `lambda.amazonaws.com` may not assume ("Defining Lambda function permissions with an execution role").
- Variables that Lambda itself sets ("Working with Lambda environment variables").
- A package that is no zip file, or that is larger than 250 MB with its layers when unzipped ("Lambda quotas").
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false
# moto is only partly typed, and offers no hook but the functions' own names.

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend, make_function_arn

from theia_sf.sandbox.aws.assume_role import find_role, trusts_service

SERVICE: Final = "lambda.amazonaws.com"
UNTRUSTED: Final = "The role defined for the function cannot be assumed by Lambda."
LARGEST_UNZIPPED: Final = 262_144_000
_RESERVED: Final = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip

_create_function = LambdaBackend.create_function
_update_function_configuration = LambdaBackend.update_function_configuration
_set_function_code = LambdaFunction._set_function_code  # noqa: SLF001 - where all code comes in


def create_function(backend: Any, spec: dict[str, Any]) -> Any:
    """Make a function, in place of moto's method of the same name.

    Raises:
        InvalidParameterValueException: as Lambda does.
    """
    _check_settings(spec, make_function_arn(backend.region_name, backend.account_id, spec["FunctionName"]))
    return _create_function(backend, spec)


def update_function_configuration(backend: Any, function_name: str, qualifier: str, body: dict[str, Any]) -> Any:
    """Change a function's settings, in place of moto's method of the same name.

    Raises:
        InvalidParameterValueException: as Lambda does; the function stays as it was.
    """
    function = backend.get_function(function_name, qualifier)
    _check_settings(body, function.function_arn)
    return _all_or_nothing(function, lambda: _update_function_configuration(backend, function_name, qualifier, body))


def set_function_code(function: Any, updated_spec: dict[str, Any]) -> None:
    """Take a function's code, in place of moto's method `_set_function_code`.

    Raises:
        InvalidParameterValueException: as Lambda does; the function stays as it was.
    """
    _all_or_nothing(function, lambda: _set_function_code(function, updated_spec))


def _check_settings(settings: Mapping[str, Any], function_arn: str) -> None:
    role = find_role(settings.get("Role", ""))
    if role is not None and not trusts_service(role, SERVICE, function_arn):
        raise InvalidParameterValueException(UNTRUSTED)
    variables = (settings.get("Environment") or {}).get("Variables") or {}
    reserved = sorted(_RESERVED & set(variables))
    if reserved:
        message = (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
        raise InvalidParameterValueException(message)


def _all_or_nothing(function: Any, change: Callable[[], Any]) -> Any:
    before = {**function.__dict__, "code": dict(function.code)}
    try:
        result = change()
        _check_size(function)
    except Exception:
        function.__dict__.clear()
        function.__dict__.update(before)
        raise
    return result


def _check_size(function: Any) -> None:
    if function.package_type != "Zip":
        return
    backend = get_backend(function.account_id, function.region)
    layers = [backend.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    packages = [function.code_bytes, *(layer.code_bytes for layer in layers if layer is not None)]
    if sum(map(_unzipped_bytes, packages)) > LARGEST_UNZIPPED:
        message = f"Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes"
        raise InvalidParameterValueException(message)


def _unzipped_bytes(package: bytes) -> int:
    if not package:  # moto's way of telling that there is no such object
        message = (
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist."
        )
        raise InvalidParameterValueException(message)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise InvalidParameterValueException(message) from error
