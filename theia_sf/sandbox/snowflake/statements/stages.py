"""External stages on S3. "CREATE STAGE"; there are no internal ones."""

from __future__ import annotations

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Stage
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, unsupported
from theia_sf.sandbox.snowflake.results import Result, status
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    boolean,
    identifier,
    options,
    parse_properties,
    text,
)
from theia_sf.sandbox.snowflake.statements.properties import assign as assign_properties

GRAMMAR = {
    "URL": Property(text, "url"),
    "STORAGE_INTEGRATION": Property(identifier, "storage_integration"),
    "USE_PRIVATELINK_ENDPOINT": Property(boolean, "use_privatelink_endpoint", unset=False),
    "ENCRYPTION": Property(options, "encryption", {}),
    "DIRECTORY": Property(options, "directory", {}),
    "FILE_FORMAT": Property(options, "file_format", {}),
    "COPY_OPTIONS": Property(options, "copy_options", {}),
    "COMMENT": Property(text, "comment"),
    "CREDENTIALS": Property(options, "credentials"),
}
STAGE = objects.Kind("STAGE", 3, lambda catalog: catalog.stages, GRAMMAR)


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] STAGE [IF NOT EXISTS] with a URL and a storage integration."""
    name, answer = objects.prepare_create(statement, STAGE)
    if answer:
        return answer
    values = parse_properties(statement.tokens, GRAMMAR, "STAGE")
    if "CREDENTIALS" in values or not {"URL", "STORAGE_INTEGRATION"} <= set(values):
        feature = "STAGE without URL and STORAGE_INTEGRATION"
        raise unsupported(feature)
    stage = Stage(name=name[2], database=name[0], schema=name[1])
    assign_properties(stage, GRAMMAR, values)
    _check_location(statement, stage)
    objects.store(statement, STAGE, stage, name)
    return status(f"Stage area {name[2]} successfully created.")


def alter(statement: Statement) -> Result:
    """ALTER STAGE … SET | UNSET | RENAME TO."""
    name, target = objects.begin_alter(statement, STAGE)
    before = None if target is None else dict(target.__dict__)
    answer = objects.alter(statement, STAGE, name, target)
    if target is not None and before is not None:
        try:
            _check_location(statement, target)
        except SnowflakeError:
            target.__dict__.update(before)
            raise
    return answer


def drop(statement: Statement) -> Result:
    """DROP STAGE [IF EXISTS]. Pipes that read it stay, and say STOPPED_STAGE_DROPPED."""
    return objects.drop(statement, STAGE)


def _check_location(statement: Statement, stage: Stage) -> None:
    """The integration must exist, be usable, and allow the URL."""
    integration = statement.catalog.storage_integrations.get(stage.storage_integration or "")
    if integration is None:
        raise does_not_exist(str(stage.storage_integration), "Integration")
    privileges.require(statement.catalog, statement.session, "INTEGRATION", (integration.name,), "USAGE")
    if not stage.url.startswith(("s3://", "s3gov://", "s3china://")):
        message = f"SQL compilation error:\ninvalid URL prefix found in: '{stage.url}'"
        raise SnowflakeError(2040, "42601", message)
    location = stage.url if stage.url.endswith("/") else stage.url + "/"
    allowed = any(a == "*" or location.startswith(a) for a in integration.allowed_locations)
    blocked = any(location.startswith(b) for b in integration.blocked_locations)
    if not allowed or blocked:
        message = (
            f"SQL compilation error:\nLocation '{stage.url}' is not allowed by integration '{integration.name}'. "
            "Please use DESC INTEGRATION to check out allowed and blocked locations."
        )
        raise SnowflakeError(2035, "42601", message)
