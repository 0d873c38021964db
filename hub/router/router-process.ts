/** A router's process: what it does as it follows the router that acts, acts itself, and yields to the next one. */
import { dirname } from "node:path";
import type { Log } from "../io/log.ts";
import { SucceedingProcess } from "../succession/succeeding-process.ts";
import type { RouterConfig } from "./config.ts";
import { Router } from "./router.ts";

/** @throws Error when the file of epochs cannot be read */
export function routerProcess(config: RouterConfig, log: Log): SucceedingProcess {
  const router = new Router(config, log);
  const { listenHost: host, routes, stateFile, healthSocket } = config;
  return new SucceedingProcess(
    {
      name: "router",
      config,
      directory: dirname(stateFile),
      healthSocket,
      // Each route is followed at its own port.
      at: { host, port: routes[0]?.port ?? 1 },
      log,
    },
    {
      prepare: () => router.listen(true),
      withdraw: () => router.yield(),
      act: async ({ shared }) => {
        await router.listen(shared);
        await router.act();
      },
      yield: () => router.yield(),
      stop: () => router.stop(),
    },
  );
}
