/** How a machine's agents are, in words and as one bar. */
import type { AgentView } from "../../http/api.ts";
import { countByHealth, healths } from "../state.ts";
import { toneOfHealth } from "./look.tsx";

export function AgentBar({ agents }: { agents: AgentView[] }) {
  const counts = countByHealth(agents);
  const present = healths.filter((health) => counts[health] > 0);
  return (
    <div class="agent-bar">
      <p>
        {agents.length} agents: {present.map((health) => `${counts[health]} ${health}`).join(", ")}
      </p>
      <svg class="bar" viewBox={`0 0 ${Math.max(1, agents.length)} 1`} preserveAspectRatio="none" aria-hidden="true">
        {present.map((health, at) => (
          <rect
            key={health}
            class={`is-${toneOfHealth[health]}`}
            x={present.slice(0, at).reduce((sum, before) => sum + counts[before], 0)}
            width={counts[health]}
            height="1"
          />
        ))}
      </svg>
    </div>
  );
}
