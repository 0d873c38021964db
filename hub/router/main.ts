/** Starts the router of one machine from its config file: `router --config FILE`. Ends on SIGTERM and SIGINT, with what is under way finished. */
import { runEntry } from "../process-entry.ts";
import { RouterConfig } from "./config.ts";
import { routerProcess } from "./router-process.ts";

const usage = `The router of one machine of a Tandem pair: carries clients to the instance that acts.

  router --config FILE   run with this JSON config (see hub/router/config.ts)
  router --version       print the version
  router --help          print this
`;

await runEntry({
  name: "router",
  usage,
  schema: RouterConfig,
  machineOf: ({ machine }) => machine,
  make: (config, _version, log) => routerProcess(config, log),
});
