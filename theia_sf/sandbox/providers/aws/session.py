"""The configured `aws` provider, and what its resource types have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource


@dataclass(frozen=True)
class AwsSession:
    """The account and region that a provider was configured for.

    Attributes:
        endpoint: the sandbox's AWS.
        region: the provider's region.
        default_tags: tags that every resource of the provider gets.
    """

    endpoint: AwsEndpoint
    region: str
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def client(self, name: str) -> Any:
        """A boto3 client in the provider's region."""
        return self.endpoint.client(name, self.region)

    def all_tags(self, inputs: Properties) -> dict[str, str]:
        """The tags of a resource together with the provider's."""
        return {**self.default_tags, **inputs.get("tags", {})}

    def tag_outputs(self, live: Mapping[str, str], state: Properties) -> Properties:
        """The outputs `tags` and `tagsAll` from the tags that the object has.

        A tag that only the provider sets is no tag of the resource's own.
        """
        own = state.get("tags", {})
        tags = {key: value for key, value in live.items() if key in own or self.default_tags.get(key) != value}
        return {"tags": tags or (own if own == {} and "tags" in state else None), "tagsAll": dict(live)}


def error_code(error: ClientError) -> str:
    """The code by which AWS names an error, for example `NoSuchBucket`."""
    return error.response.get("Error", {}).get("Code", "")


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most of the AWS interfaces take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def tag_map(tags: list[Mapping[str, str]]) -> dict[str, str]:
    """The reverse of `tag_list`."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def change_tags(
    wanted: Mapping[str, str],
    present: Mapping[str, str],
    tag: Callable[[dict[str, str]], object],
    untag: Callable[[list[str]], object],
) -> None:
    """Take away the tags that are no longer wanted, by `untag`, and set the others, by `tag`."""
    surplus = sorted(present.keys() - wanted.keys())
    if surplus:
        untag(surplus)
    if wanted:
        tag(dict(wanted))


def same_document(old: Any, new: Any) -> bool:
    """Whether two JSON documents (policies) mean the same: order of keys and white space aside."""
    try:
        return old == new or json.loads(old) == json.loads(new)
    except (TypeError, ValueError):
        return False


def kept(state: Properties, key: str, live: str) -> str:
    """The document as the state spells it if the live one means the same, else the live one."""
    known = state.get(key)
    return known if isinstance(known, str) and same_document(known, live) else live


def check_document(inputs: Properties, key: str) -> list[tuple[str, str]]:
    """A failure unless the input is a JSON object, or not known yet."""
    document = inputs.get(key)
    if not isinstance(document, str):
        return []
    try:
        valid = isinstance(json.loads(document), dict)
    except ValueError:
        valid = False
    return [] if valid else [(key, f'"{key}" contains an invalid JSON policy')]


class DocumentResource(Resource[AwsSession]):
    """A resource with a policy document among its inputs: checked to be JSON, compared by content.

    Attributes:
        document: the input that holds it.
    """

    document: ClassVar[str] = "policy"

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The document must be JSON."""
        return check_document(inputs, self.document)

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Documents are compared by content."""
        return same_document(old, new) if key == self.document else old == new
