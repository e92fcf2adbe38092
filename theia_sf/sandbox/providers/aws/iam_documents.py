"""Policy documents: as IAM gives them back, and as `aws.iam.getPolicyDocument` builds them."""

from __future__ import annotations

import json
import zlib
from typing import Any

from theia_sf.sandbox.providers.properties import Properties


def document_text(document: Any) -> str:
    """A document as text; boto3 decodes some of them into dicts."""
    return document if isinstance(document, str) else json.dumps(document)


def policy_document(arguments: Properties) -> Properties:
    """The result of `aws:iam/getPolicyDocument:getPolicyDocument`: its arguments, and the document as JSON."""
    document: dict[str, Any] = {"Version": arguments.get("version", "2012-10-17")}
    if "policyId" in arguments:
        document["Id"] = arguments["policyId"]
    document["Statement"] = [_statement(statement) for statement in arguments.get("statements", [])]
    minified = json.dumps(document, separators=(",", ":"))
    return {
        **arguments,
        "version": document["Version"],
        "json": json.dumps(document, indent=2),
        "minifiedJson": minified,
        "id": str(zlib.crc32(minified.encode())),
    }


def _statement(statement: Properties) -> dict[str, Any]:
    built: dict[str, Any] = {}
    if "sid" in statement:
        built["Sid"] = statement["sid"]
    built["Effect"] = statement.get("effect", "Allow")
    for ours, theirs in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if statement.get(ours):
            built[theirs] = _one_or_many(sorted(statement[ours]))
    for ours, theirs in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if statement.get(ours):
            built[theirs] = _principals(statement[ours])
    conditions: dict[str, dict[str, Any]] = {}
    for condition in statement.get("conditions", []):
        conditions.setdefault(condition["test"], {})[condition["variable"]] = _one_or_many(condition["values"])
    return {**built, "Condition": conditions} if conditions else built


def _principals(principals: list[Properties]) -> Any:
    if any(principal["type"] == "*" for principal in principals):
        return "*"
    return {principal["type"]: _one_or_many(sorted(principal["identifiers"])) for principal in principals}


def _one_or_many(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values
