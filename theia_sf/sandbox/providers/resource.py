"""What a resource type is to the providers of the sandbox, and what a provider is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from theia_sf.sandbox.providers.properties import UNKNOWN, Properties

SessionT = TypeVar("SessionT")


class ProviderError(Exception):
    """The cloud refused; the message is shown to the user as the provider's."""


class Resource(ABC, Generic[SessionT]):
    """One resource type of a provider: create, read, update and delete against the sandbox's account.

    A subclass names its type and properties and does the work; an instance serves one request.

    Attributes:
        resource_type: the type, for example `aws:s3/bucket:Bucket`.
        label: what error messages call it, for example `S3 Bucket`.
        replaces: inputs whose change replaces the object.
        computed: outputs that only exist once the object does.
        defaults: inputs that are set when the program leaves them out.
        name_property: the input that names the object; made up from the resource's name when left out. None for
            objects without a name of their own.
    """

    resource_type: ClassVar[str]
    label: ClassVar[str]
    replaces: ClassVar[frozenset[str]] = frozenset()
    computed: ClassVar[frozenset[str]] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    name_property: ClassVar[str | None] = None

    def __init__(self, session: SessionT) -> None:
        self.session = session

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """What is wrong with the inputs, as (property, reason); inputs may hold `UNKNOWN`."""
        del inputs
        return []

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Whether two values of an input mean the same, so that no change is shown."""
        del key
        return old == new

    def replaced_by(self, key: str, old: Any, new: Any) -> bool:
        """Whether changing this input from `old` to `new` (None: absent) replaces the object."""
        del old, new
        return key in self.replaces

    @abstractmethod
    def create(self, inputs: Properties) -> str:
        """Create the object and return its id."""

    @abstractmethod
    def read(self, object_id: str, state: Properties) -> Properties | None:
        """The object's properties as they are now, or None when it is gone.

        `state` is what is known of it (its inputs after a create, its last outputs on a refresh). A property that
        still means the same keeps its spelling from `state`.
        """

    @abstractmethod
    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Change the object from `state` (its last outputs) to `inputs`."""

    @abstractmethod
    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the object; one that is gone already is no error."""


class Provider(ABC, Generic[SessionT]):
    """A provider: its resource types, its functions, and how its configuration becomes a session.

    Attributes:
        name: the package, for example `aws`.
        distribution: the installed SDK, whose version the provider answers as its own.
        resources: the resource types by name.
    """

    name: ClassVar[str]
    distribution: ClassVar[str]

    def __init__(self, resources: list[type[Resource[SessionT]]]) -> None:
        self.resources = {resource.resource_type: resource for resource in resources}

    def check_config(self, config: Properties) -> list[tuple[str, str]]:
        """What is wrong with the provider's configuration, as (property, reason)."""
        del config
        return []

    @abstractmethod
    def configure(self, config: Properties) -> SessionT:
        """A session with this configuration.

        Raises:
            ProviderError: the account can't be reached with it.
        """

    def invoke(self, session: SessionT, token: str, arguments: Properties) -> Properties:
        """Call a function of the provider, for example `aws:index/getRegion:getRegion`."""
        del session, arguments
        message = f"the sandbox's {self.name} provider has no function {token}"
        raise ProviderError(message)

    def explain(self, action: str, resource: type[Resource[SessionT]], object_id: str, error: Exception) -> str | None:
        """The message for an error of this provider's cloud, or None for any other error."""
        del action, resource, object_id
        return str(error) if isinstance(error, ProviderError) else None

    def close(self) -> None:
        """Release what the provider holds."""


def planned(resource: type[Resource[Any]], inputs: Properties) -> Properties:
    """The outputs that a preview of a creation knows: the inputs, and `UNKNOWN` for the rest."""
    return dict.fromkeys(resource.computed, UNKNOWN) | inputs


def snake_case(name: str) -> str:
    """`storageAwsRoleArn` as `storage_aws_role_arn`, the spelling that the providers' messages use."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
