"""Flow record files as the Flow Aggregator writes them, made up: a small cluster, its traffic, its records."""

from theia_sf.sandbox.flows.generator import FlowFile, generate
from theia_sf.sandbox.flows.options import FlowOptions
from theia_sf.sandbox.flows.upload import upload

__all__ = ["FlowFile", "FlowOptions", "generate", "upload"]
