/** Asks a hub which machine acts for each service. */
import { z } from "zod";
import { ServiceJson } from "../../hub/http/api.ts";
import { askHub } from "./ask-hub.ts";

const Services = z.array(ServiceJson);

/** Undefined when the hub does not answer. */
export const askServices = (hubUrl: string, deadlineMs?: number): Promise<ServiceJson[] | undefined> =>
  askHub(`${hubUrl}/api/v1/services`, Services, deadlineMs);
