/** Starts the supervisor of one machine from its config file: `supervisor --config FILE`. Ends on SIGTERM and SIGINT. */
import type { Log } from "../io/log.ts";
import { listenOn } from "../io/unix-socket.ts";
import { type Running, runEntry } from "../process-entry.ts";
import { createSupervisorServer } from "./api.ts";
import { SupervisorConfig } from "./config.ts";
import { SupervisorMetrics } from "./metrics.ts";
import { Supervisor } from "./supervisor.ts";

const usage = `The supervisor of one machine of a Tandem pair: starts and stops cold standbys by the hub's word.

  supervisor --config FILE   run with this JSON config (see hub/supervisor/config.ts)
  supervisor --version       print the version
  supervisor --help          print this
`;

await runEntry({
  name: "supervisor",
  usage,
  schema: SupervisorConfig,
  machineOf: ({ machine }) => machine,
  make: supervise,
});

function supervise(config: SupervisorConfig, version: string, log: Log): Running {
  const metrics = new SupervisorMetrics(version);
  const supervisor = new Supervisor(config, metrics, log);
  const server = createSupervisorServer({
    put: (words) => supervisor.put(words),
    services: () => supervisor.services(),
    metrics: async () => ({ type: metrics.contentType, text: await metrics.text(supervisor.services()) }),
  });
  return {
    async start() {
      // First of all, so that a second supervisor of the same machine ends before it has stopped anything.
      await listenOn(server, config.socket, config.socketMode);
      await supervisor.start();
      log.info("supervisor.ready", { socket: config.socket, processes: config.processes.length });
    },
    stop() {
      server.close();
      server.closeAllConnections();
      return supervisor.stop();
    },
  };
}
