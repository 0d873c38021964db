/** Gives a hub an order, and says what came of it. */
import { z } from "zod";
import { safeParseAnswer } from "../client/answer.ts";
import type { Order } from "../deploy/orders.ts";
import { OperatorError } from "../error.ts";
import { oneLine } from "../one-line.ts";
import { askServices } from "../site/ask-services.ts";
import { operatorTokenVariable } from "../site/operator-token.ts";
import type { OrderHub } from "./hubs.ts";

export const Outcome = z.object({ ok: z.boolean(), text: z.string() });
export type Outcome = z.infer<typeof Outcome>;

/** The first of these hubs that answers, and knows the service where one is named. */
export async function hubOf(hubs: readonly OrderHub[], service?: string): Promise<OrderHub> {
  for (const hub of hubs) {
    const services = await askServices(hub.url);
    if (services === undefined) continue;
    if (service === undefined || services.some(({ name }) => name === service)) return hub;
    throw new OperatorError(
      "service.unknown",
      `no agent ${service} has a standby`,
      "tandem where lists those that have",
    );
  }
  const urls = hubs.map(({ url }) => url).join(" or ");
  throw new OperatorError("hub.silent", `no answer from ${urls}`, "tandem doctor says what is wrong with the hubs");
}

/** @throws OperatorError when the hub refuses it or does not answer */
export async function order<T>({ url, give }: OrderHub, what: Order, schema: z.ZodType<T>): Promise<T> {
  const [answer] = await give([what]);
  const parsed = safeParseAnswer(schema, answer?.said);
  if (parsed.success) return parsed.data;
  const why = `${url}: ${oneLine(answer?.text || "no answer")}`;
  // What was not answered may have been done all the same.
  if (!answer?.status) throw new OperatorError("order.unanswered", why, "Ask tandem where before you try it again");
  const next = `Name the site's folder with --dir instead of a hub, or in ${operatorTokenVariable} a file with an operator's token`;
  throw new OperatorError("order.refused", why, [401, 403].includes(answer.status) ? next : "Correct the order");
}
