/** Gives a hub an order, and says what came of it. */
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { askServices } from "../site/ask-services.ts";

export const Order = z.object({ ok: z.boolean(), text: z.string() });
const Refusal = z.object({ error: z.string() });

/** A hub waits for a move by itself, and says what came of it before this, ms. */
const orderDeadlineMs = 60_000;

/** The first of these hubs that answers, and knows the service where one is named. */
export async function hubOf(urls: readonly string[], service?: string): Promise<string> {
  for (const url of urls) {
    const services = await askServices(url);
    if (services === undefined) continue;
    if (service === undefined || services.some(({ name }) => name === service)) return url;
    throw new OperatorError(
      "service.unknown",
      `no agent ${service} has a standby`,
      "tandem where lists those that have",
    );
  }
  const next = "Name a hub that runs with --hub, on its own machine or through an SSH tunnel";
  throw new OperatorError("hub.silent", `no answer from ${urls.join(" or ")}`, next);
}

/** @throws OperatorError when the hub refuses it or does not answer */
export async function order<T>(method: "POST" | "DELETE", url: string, body: object, schema: z.ZodType<T>): Promise<T> {
  let status: number;
  let answer: unknown;
  try {
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(orderDeadlineMs);
    const response = await fetch(url, { method, headers, body: JSON.stringify(body), signal });
    status = response.status;
    answer = await response.json();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperatorError("order.unanswered", `${url}: ${why}`, "Ask tandem where before you try it again");
  }
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const refusal = Refusal.safeParse(answer);
  const why = refusal.success ? refusal.data.error : `it answered with ${status}`;
  const next =
    status === 403 ? "Give it on that machine itself, with --hub and the hub's address" : "Correct the order";
  throw new OperatorError("order.refused", `${url}: ${why}`, next);
}
