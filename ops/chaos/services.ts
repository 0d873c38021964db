/** Asks a hub of the stage where its services act; one that hangs must not hold up who watches it. */
import type { ServiceJson } from "../../hub/http/api.ts";
import { askServices } from "../site/ask-services.ts";

const askDeadlineMs = 1_000;

/** Undefined while the hub does not answer. */
export const servicesAt = (hubUrl: string): Promise<ServiceJson[] | undefined> => askServices(hubUrl, askDeadlineMs);
