"""What an engine that was killed leaves behind: creations that may or may not have happened.

The engine notes in the state that it begins to create an object, then creates it, then records it. When it is killed
in between, the note remains. Creating the object again fails where the cloud knows it already ("already exists");
Pulumi leaves the decision to the user. Here every noted object whose provider ID follows from its inputs is entered
into the state under that ID, and the refresh that begins each update asks the provider: what exists is adopted, what
does not is dropped and created anew. All other creations of a pipeline can be repeated safely (SQS, SNS, policies,
grants, versions of a layer, settings of a function, CREATE … IF NOT EXISTS), so their notes are simply cleared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from theia_sf.provision.own_users import IsOwnUser

Inputs = Mapping[str, Any]
# An ID out of a resource's inputs and the beginning of the account's IAM ARNs, `arn:aws:iam::ACCOUNT:`.
Identify = Callable[[Inputs, str], str]


def _name(field: str) -> Identify:
    """The ID of objects of an account: their name."""
    return lambda inputs, _: inputs[field]


def _qualified(*fields: str) -> Identify:
    """The ID of most objects within a Snowflake database: quoted identifiers, joined by dots."""
    return lambda inputs, _: ".".join(f'"{inputs[field]}"' for field in fields)


SERVICE_USER = "snowflake:index/serviceUser:ServiceUser"

# How each type's ID follows, as its provider writes it at creation: the "Import" section of the type's page in
# https://www.pulumi.com/registry/packages/aws/api-docs/ and …/snowflake/api-docs/; the names of an account's objects
# without quotes (`EncodeResourceIdentifier` in snowflakedb/terraform-provider-snowflake).
IDS: dict[str, Identify] = {
    "aws:s3/bucket:Bucket": _name("bucket"),
    "aws:cloudwatch/logGroup:LogGroup": _name("name"),
    "aws:iam/role:Role": _name("name"),
    "aws:iam/policy:Policy": lambda inputs, iam: f"{iam}policy{inputs.get('path', '/')}{inputs['name']}",
    "aws:lambda/function:Function": _name("name"),
    "aws:scheduler/schedule:Schedule": lambda inputs, _: f"{inputs.get('groupName', 'default')}/{inputs['name']}",
    "snowflake:index/accountRole:AccountRole": _name("name"),
    "snowflake:index/database:Database": _name("name"),
    "snowflake:index/notificationIntegration:NotificationIntegration": _name("name"),
    "snowflake:index/pipe:Pipe": lambda inputs, _: f"{inputs['database']}|{inputs['schema']}|{inputs['name']}",
    "snowflake:index/schema:Schema": _qualified("database", "name"),
    SERVICE_USER: _name("name"),
    "snowflake:index/stageExternalS3:StageExternalS3": _qualified("database", "schema", "name"),
    "snowflake:index/storageIntegrationAws:StorageIntegrationAws": _name("name"),
    "snowflake:index/task:Task": _qualified("database", "schema", "name"),
    "snowflake:index/warehouse:Warehouse": _name("name"),
}


def repair(deployment: dict[str, Any], partition: str, account: str, is_own_user: IsOwnUser) -> list[str]:
    """Turns the pending creations of a deployment into resources to be looked up; edits the deployment in place.

    Args:
        deployment: as `pulumi stack export` gives it; its pending operations are emptied.
        partition: the AWS partition (`aws`, `aws-cn`, …).
        account: the AWS account.
        is_own_user: asked of each Snowflake user, whose name need not be this stack's alone; one that is not ours is
            left alone, and making it fails as it must.

    Returns:
        The URNs of the resources that the next refresh will look up.
    """
    resources: list[dict[str, Any]] = deployment.setdefault("resources", [])
    known = {found["urn"] for found in resources if not found.get("delete")}
    adopted: list[str] = []
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    for operation in pending:
        resource: dict[str, Any] = dict(operation["resource"])
        identify = IDS.get(resource["type"])
        if operation["type"] != "creating" or identify is None or resource["urn"] in known:
            continue
        if resource["type"] == SERVICE_USER and not is_own_user(resource["inputs"]):
            continue
        resource["id"] = identify(resource["inputs"], f"arn:{partition}:iam::{account}:")
        resource.setdefault("outputs", {})
        resources.append(resource)
        adopted.append(resource["urn"])
    deployment["pending_operations"] = []
    return adopted
