"""The `theia-sf` program with the lab's Pulumi program and without a Snowflake account, as a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.integration.provision import lab

pipeline = ModuleType("theia_sf_infra.pipeline")
pipeline.__dict__["program"] = lab.program
sys.modules["theia_sf_infra.pipeline"] = pipeline

snowflake = ModuleType("theia_sf.snowflake.connect")
snowflake.__dict__["signed_in_account"] = lambda _settings: "LAB-ACCOUNT"
sys.modules["theia_sf.snowflake.connect"] = snowflake

upgrade = ModuleType("theia_sf.ingestion.upgrade")
upgrade.__dict__["pipe_upgrade"] = None  # the lab has no pipe
sys.modules["theia_sf.ingestion.upgrade"] = upgrade

from theia_sf.cli.main import main  # noqa: E402  after the replacements above
from theia_sf.provision import repair  # noqa: E402

repair.IDS[lab.TYPE] = lambda inputs, _: str(inputs["name"])
main()
