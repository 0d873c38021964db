/** Hears from this machine's router which instances refused a client. */
import type { HubConfig } from "./config.ts";
import { RouterClient } from "./io/router-client.ts";

/** @returns ends the listening */
export function refusedInstances(
  { router, services }: Pick<HubConfig, "router" | "services">,
  onRefused: (instance: string) => void,
): () => void {
  if (router === undefined) return () => {};
  const client = new RouterClient(router);
  const end = client.events((news) => {
    if (news.type !== "refused") return;
    const places = Object.entries(services.find(({ name }) => name === news.service)?.instances ?? {});
    const [machine] = places.find(([, { host, port }]) => host === news.to.host && port === news.to.port) ?? [];
    if (machine !== undefined) onRefused(`${machine}/${news.service}`);
  });
  return () => {
    end();
    client.stop();
  };
}
