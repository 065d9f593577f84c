"""Run inside a cell: mini-swe-agent's own agent and environment, with its own deterministic model. Writes its trajectory."""

import json
import os
import sys
from pathlib import Path

os.environ["MSWEA_SILENT_STARTUP"] = "1"

from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models.test_models import DeterministicModel, make_output

commands = json.loads(Path(sys.argv[1]).read_text())
agent = DefaultAgent(
    DeterministicModel(outputs=[make_output(f"step {n}", [{"command": one}]) for n, one in enumerate(commands)]),
    LocalEnvironment(timeout=5, env={"PAGER": "cat"}),
    system_template="You fix programs.",
    instance_template="{{task}}",
    cost_limit=0,
    output_path=Path(sys.argv[2]),
)
end = agent.run("Make the test pass.")
print("ended:", end.get("exit_status"), "/", end.get("submission", "").strip())
