/** Gives a machine's hub orders at its socket, where alone it takes them without a token: from inside of the hub's own container. */
import { z } from "zod";
import { orderSocket } from "../../components/hub-paths.ts";
import { dockerCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import { messageOf } from "../../hub/io/log.ts";
import { onMachine, ownHub, type Place } from "./place.ts";

export interface Order {
  method: "POST" | "PUT" | "DELETE";
  /** @example "/api/v1/maintenance" */
  path: string;
  body: Readonly<Record<string, unknown>>;
}

export interface Answer {
  ok: boolean;
  text: string;
  /** Of HTTP; 0 or none when the hub did not answer. */
  status?: number;
  /** The whole of what the hub said, where that was JSON. */
  said?: unknown;
}

const Answers = z.array(z.object({ status: z.number(), body: z.string() }));
const Said = z.object({ ok: z.boolean().optional(), text: z.string().optional(), error: z.string().optional() });

/** A hub says what came of a move within 10 s. */
const orderMs = 15_000;
const connectMs = 20_000;

/**
 * Reads orders from its input, one after the other, and prints what the hub answered. A hub of before there was a socket takes them at its
 * port; where one with a socket has come up meanwhile, that port refuses them. It must not hold a single quote.
 */
export const orderProgram = `
const { request } = require("node:http");
const give = ({ method, path, body }, { base, deadlineMs }, at) => new Promise((resolve, reject) => {
  const sent = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(sent) };
  const asked = request(base + path, { ...at, method, headers, signal: AbortSignal.timeout(deadlineMs) }, (answer) => {
    let said = "";
    answer.setEncoding("utf8").on("data", (part) => { said += part; }).once("error", reject);
    answer.once("end", () => resolve({ status: answer.statusCode, body: said }));
  });
  asked.once("error", reject).end(sent);
});
let text = "";
process.stdin.on("data", (chunk) => { text += chunk; }).on("end", async () => {
  const { orders, socket, ...to } = JSON.parse(text);
  const answers = [];
  for (const order of orders) {
    const atSocket = () => give(order, to, { socketPath: socket });
    const atPort = async () => {
      const answer = await give(order, to, {});
      return answer.status === 403 ? await atSocket().catch(() => answer) : answer;
    };
    const one = atSocket().catch((e) => (/^(ENOENT|ECONNREFUSED)$/.test(e.code) ? atPort() : Promise.reject(e)));
    answers.push(await one.catch((e) => ({ status: 0, body: String(e.cause ?? e) })));
  }
  process.stdout.write(JSON.stringify(answers));
});`;

/** One answer an order; a machine or hub that cannot be asked answers each with the reason. Never throws. */
export async function giveOrders(place: Place, orders: readonly Order[], signal?: AbortSignal): Promise<Answer[]> {
  if (orders.length === 0) return [];
  // Without TLS, which a hub asks nobody for who is on its own machine.
  const base = ownHub(place)?.replace(/^https:/, "http:");
  const input = JSON.stringify({ base, socket: orderSocket, orders, deadlineMs: orderMs });
  const deadlineMs = connectMs + orders.length * orderMs;
  try {
    const said = await onMachine(place, orderScript(place), { stdin: input, deadlineMs, signal, as: "user" });
    return Answers.parse(JSON.parse(said)).map(answerOf);
  } catch (error) {
    return orders.map(() => ({ ok: false, text: messageOf(error) }));
  }
}

/** POSIX sh that prints the id of the machine's hub; one that has just taken over is younger than the one that drains. */
export function findHub(docker: string, machine: string): string {
  const ps = `${docker} ps --quiet --filter status=running`;
  const label = shellQuote(`label=tandem.machine=${machine}`);
  return [
    `hub=$(${ps} --filter ${label} --filter label=tandem.role=hub | head -n 1)`,
    `[ -n "$hub" ] || hub=$(${ps} --filter ${shellQuote(`name=^/?tandem-${machine}-hub`)} | head -n 1)`,
    `[ -n "$hub" ] || { echo "no hub runs on ${machine}" >&2; exit 1; }`,
  ].join("\n");
}

function orderScript({ name, reach }: Place): string {
  const docker = dockerCommand(reach);
  return `${findHub(docker, name)}\nexec ${docker} exec --interactive "$hub" node -e ${shellQuote(orderProgram)}`;
}

export function answerOf({ status, body }: { status: number; body: string }): Answer {
  let whole: unknown;
  let said: z.infer<typeof Said> = {};
  try {
    whole = JSON.parse(body);
    said = Said.parse(whole);
  } catch {
    // What is no JSON is shown as it is.
  }
  const ok = status === 200 && said.ok !== false;
  return { ok, text: said.text ?? said.error ?? (ok ? "" : `${status}: ${body.slice(0, 200)}`), status, said: whole };
}
