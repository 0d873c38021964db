/** One process that stands in for all agents of a machine: `node ops/local/agents/host.ts --config agents.json`. */
import { runAgents } from "./run.ts";

await runAgents(process.argv.slice(2), () => {});
