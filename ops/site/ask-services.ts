/** Asks a hub which machine acts for each service. */
import type { ServiceJson } from "../../hub/http/api.ts";
import { ask } from "../client/hub-client.ts";

/** Undefined when the hub does not answer. */
export const askServices = (hubUrl: string, deadlineMs?: number): Promise<ServiceJson[] | undefined> =>
  ask(hubUrl, "getServices", {}, deadlineMs);
