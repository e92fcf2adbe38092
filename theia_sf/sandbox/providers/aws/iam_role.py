"""IAM: Role and RolePolicy (a policy inside a role)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.iam_documents import document_text
from theia_sf.sandbox.providers.aws.session import DocumentResource, change_tags, kept, tag_list, tag_map
from theia_sf.sandbox.providers.properties import Properties


class Role(DocumentResource):
    """A role; the id is its name."""

    resource_type = "aws:iam/role:Role"
    label = "IAM Role"
    document = "assumeRolePolicy"
    name_property = "name"
    replaces = frozenset({"name", "path"})
    computed = frozenset({"arn", "createDate", "uniqueId", "tagsAll"})
    defaults: ClassVar[Mapping[str, Any]] = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}

    def create(self, inputs: Properties) -> str:
        """Create the role with its trust policy and tags."""
        description = {"Description": inputs["description"]} if inputs.get("description") else {}
        self.session.client("iam").create_role(
            RoleName=inputs["name"],
            Path=inputs["path"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            Tags=tag_list(self.session.all_tags(inputs)),
            **description,
        )
        return str(inputs["name"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the role."""
        iam = self.session.client("iam")
        try:
            role = iam.get_role(RoleName=object_id)["Role"]
        except iam.exceptions.NoSuchEntityException:
            return None
        return {
            "arn": role["Arn"],
            "assumeRolePolicy": kept(state, "assumeRolePolicy", document_text(role["AssumeRolePolicyDocument"])),
            "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": role.get("Description") or None,
            "forceDetachPolicies": state.get("forceDetachPolicies", False),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "name": role["RoleName"],
            "path": role["Path"],
            "uniqueId": role["RoleId"],
            **self.session.tag_outputs(tag_map(role.get("Tags", [])), state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Change trust policy, description, session length and tags."""
        iam = self.session.client("iam")
        iam.update_assume_role_policy(RoleName=object_id, PolicyDocument=inputs["assumeRolePolicy"])
        iam.update_role(
            RoleName=object_id,
            Description=inputs.get("description") or "",
            MaxSessionDuration=inputs["maxSessionDuration"],
        )
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: iam.tag_role(RoleName=object_id, Tags=tag_list(tags)),
            lambda keys: iam.untag_role(RoleName=object_id, TagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the role, after detaching its policies where `forceDetachPolicies` says so."""
        iam = self.session.client("iam")
        try:
            if state.get("forceDetachPolicies"):
                for policy in iam.list_attached_role_policies(RoleName=object_id)["AttachedPolicies"]:
                    iam.detach_role_policy(RoleName=object_id, PolicyArn=policy["PolicyArn"])
                for name in iam.list_role_policies(RoleName=object_id)["PolicyNames"]:
                    iam.delete_role_policy(RoleName=object_id, PolicyName=name)
            iam.delete_role(RoleName=object_id)
        except iam.exceptions.NoSuchEntityException:
            return


class RolePolicy(DocumentResource):
    """A policy inside a role; the id is `role:name`."""

    resource_type = "aws:iam/rolePolicy:RolePolicy"
    label = "IAM Role Policy"
    name_property = "name"
    replaces = frozenset({"name", "role"})

    def create(self, inputs: Properties) -> str:
        """Write the policy into the role."""
        self.session.client("iam").put_role_policy(
            RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
        )
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the policy."""
        role, name = object_id.split(":", 1)
        iam = self.session.client("iam")
        try:
            found = iam.get_role_policy(RoleName=role, PolicyName=name)
        except iam.exceptions.NoSuchEntityException:
            return None
        return {"role": role, "name": name, "policy": kept(state, "policy", document_text(found["PolicyDocument"]))}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Write the policy anew."""
        del object_id, state
        self.create(inputs)

    def delete(self, object_id: str, state: Properties) -> None:
        """Take the policy out of the role."""
        del state
        role, name = object_id.split(":", 1)
        iam = self.session.client("iam")
        try:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
        except iam.exceptions.NoSuchEntityException:
            return
