"""What Kubernetes accepts as the name of a Namespace, Service or Pod, and as a label's key and value.

The rules are those of Kubernetes' "Object Names and IDs" and "Labels and Selectors" pages. An API server refuses a
whole policy for one name that breaks them, so whatever reaches a policy is checked here first.
"""

from __future__ import annotations

import re

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_MAX_SUBDOMAIN = 253


def is_dns_label(text: str) -> bool:
    """Whether the text is an RFC 1123 label, as names of Namespaces and Services are."""
    return _DNS_LABEL.fullmatch(text) is not None


def is_pod_pattern(text: str) -> bool:
    """Whether the text is an RFC 1123 subdomain, as names of Pods are, in which `*` may stand for anything."""
    return len(text) <= _MAX_SUBDOMAIN and _DNS_SUBDOMAIN.fullmatch(text.replace("*", "0")) is not None


def is_label_key(text: str) -> bool:
    """Whether the text is a qualified name: an optional DNS prefix and `/`, then at most 63 characters."""
    prefix, slash, name = text.rpartition("/")
    if slash and (len(prefix) > _MAX_SUBDOMAIN or _DNS_SUBDOMAIN.fullmatch(prefix) is None):
        return False
    return _QUALIFIED_PART.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """Whether the text is a label value: empty, or at most 63 characters that begin and end in a letter or digit."""
    return not text or _QUALIFIED_PART.fullmatch(text) is not None
