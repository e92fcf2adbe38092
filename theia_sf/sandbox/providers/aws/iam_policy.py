"""IAM: Policy and RolePolicyAttachment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.iam_documents import document_text
from theia_sf.sandbox.providers.aws.session import (
    AwsSession,
    DocumentResource,
    change_tags,
    kept,
    same_document,
    tag_list,
    tag_map,
)
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+")


class Policy(DocumentResource):
    """A managed policy; the id is its ARN."""

    resource_type = "aws:iam/policy:Policy"
    label = "IAM Policy"
    name_property = "name"
    replaces = frozenset({"name", "path", "description"})
    computed = frozenset({"arn", "attachmentCount", "policyId", "tagsAll"})
    defaults: ClassVar[Mapping[str, Any]] = {"path": "/"}

    def create(self, inputs: Properties) -> str:
        """Create the policy with its tags."""
        description = {"Description": inputs["description"]} if inputs.get("description") else {}
        created = self.session.client("iam").create_policy(
            PolicyName=inputs["name"],
            Path=inputs["path"],
            PolicyDocument=inputs["policy"],
            Tags=tag_list(self.session.all_tags(inputs)),
            **description,
        )
        return str(created["Policy"]["Arn"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the policy, its tags and the document of its default version."""
        iam = self.session.client("iam")
        try:
            policy = iam.get_policy(PolicyArn=object_id)["Policy"]
            version = iam.get_policy_version(PolicyArn=object_id, VersionId=policy["DefaultVersionId"])
        except iam.exceptions.NoSuchEntityException:
            return None
        live = document_text(version["PolicyVersion"]["Document"])
        return {
            "arn": object_id,
            "attachmentCount": policy["AttachmentCount"],
            "description": policy.get("Description") or None,
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "policy": kept(state, "policy", live),
            "policyId": policy["PolicyId"],
            **self.session.tag_outputs(tag_map(policy.get("Tags", [])), state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """A changed document becomes the default version, and the older ones go."""
        iam = self.session.client("iam")
        if not same_document(state.get("policy"), inputs["policy"]):
            older = iam.list_policy_versions(PolicyArn=object_id)["Versions"]
            for version in older:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=object_id, VersionId=version["VersionId"])
            iam.create_policy_version(PolicyArn=object_id, PolicyDocument=inputs["policy"], SetAsDefault=True)
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: iam.tag_policy(PolicyArn=object_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_policy(PolicyArn=object_id, TagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the policy and its versions."""
        del state
        iam = self.session.client("iam")
        try:
            for version in iam.list_policy_versions(PolicyArn=object_id)["Versions"]:
                if not version["IsDefaultVersion"]:
                    iam.delete_policy_version(PolicyArn=object_id, VersionId=version["VersionId"])
            iam.delete_policy(PolicyArn=object_id)
        except iam.exceptions.NoSuchEntityException:
            return


class RolePolicyAttachment(Resource[AwsSession]):
    """A managed policy attached to a role; the id is `role/arn`."""

    resource_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    label = "IAM Role Policy Attachment"
    replaces = frozenset({"role", "policyArn"})

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The policy is named by its ARN."""
        arn = inputs.get("policyArn")
        if isinstance(arn, str) and not _ARN.fullmatch(arn):
            return [("policyArn", f'"policy_arn" ({arn}) is an invalid ARN')]
        return []

    def create(self, inputs: Properties) -> str:
        """Attach."""
        self.session.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Look for the policy among those attached to the role."""
        del state
        role, arn = object_id.split("/", 1)
        iam = self.session.client("iam")
        try:
            pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
            attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
        except iam.exceptions.NoSuchEntityException:
            return None
        return {"role": role, "policyArn": arn} if arn in attached else None

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Never called: every change replaces."""

    def delete(self, object_id: str, state: Properties) -> None:
        """Detach."""
        del state
        role, arn = object_id.split("/", 1)
        iam = self.session.client("iam")
        try:
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
        except iam.exceptions.NoSuchEntityException:
            return
