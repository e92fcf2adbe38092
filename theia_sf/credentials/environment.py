"""The variables of a program that is to use the values of a credentials file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from theia_sf.credentials.env_file import KEY_VARIABLE
from theia_sf.credentials.fields import FIELDS, Part, of_part
from theia_sf.credentials.file import CredentialsFile, apply_aws
from theia_sf.secret import Secret

_FIELD_OF_VARIABLE: Final = {variable: name for name, entry in FIELDS.items() for variable in entry.variables}


def values_of(file: CredentialsFile) -> dict[str, Secret]:
    """Return every value of the file, an encrypted one before a plain one; errors as `CredentialsFile.decrypt`."""
    plain = {name: Secret(value, mask=False) for name, value in file.plain.items()}
    return plain | file.decrypt(sorted(file.fields))


def program_variables(
    file: CredentialsFile, values: Mapping[str, Secret], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a program that signs in with the values of a file.

    Args:
        file: the file, whose AWS_* lines are added as `apply_aws` does.
        values: its values.
        environ: the present environment.
    """
    variables = beside(values, environ)
    variables |= {FIELDS[name].variables[0]: value.reveal() for name, value in values.items()}
    apply_aws(file, variables)
    if KEY_VARIABLE in file.aws:
        variables.setdefault(KEY_VARIABLE, file.aws[KEY_VARIABLE])
    return variables


def beside(values: Mapping[str, Secret], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the SNOWFLAKE_* variables that would mix with a file's values.

    These are the ones that the file sets itself, other credentials and endpoints than its own, and all of them if they
    are of another account.
    """
    account = values.get("account")
    others = environ.get("SNOWFLAKE_ACCOUNT", "")
    if account and others and account.reveal().upper() != others.upper():
        dropped = frozenset(FIELDS)
    else:
        wholes = (of_part(Part.CREDENTIALS), of_part(Part.ENDPOINT))
        dropped = frozenset(values).union(*(whole for whole in wholes if whole & values.keys()))
    return {name: value for name, value in environ.items() if _FIELD_OF_VARIABLE.get(name) not in dropped}
