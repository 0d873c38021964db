/** One agent as a process of its own, to be killed and replaced: `node ops/local/agents/pilot.ts --config pilot-<Name>.json`. */
import { OperatorError } from "../../error.ts";
import { runAgents } from "./run.ts";

await runAgents(process.argv.slice(2), (config, file) => {
  const count = config.agents.length;
  if (count === 1) return;
  const next = "Give each pilot a file of its own, or start ops/local/agents/host.ts with this one";
  throw new OperatorError("agents.pilot", `${file} names ${count} agents, and a pilot is one`, next);
});
