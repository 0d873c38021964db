/** After a round: everything runs, everything is equal, nothing is missing; or the first thing that is not, by name. */
import { setTimeout as pause } from "node:timers/promises";
import { LedgerView } from "../../../hub/http/api.ts";
import { askHub } from "../../../ops/site/ask-hub.ts";
import type { BareMachine, BarePair } from "../../support/bare-pair.ts";
import { difference, readState } from "./standing.ts";
import type { Standing } from "./verdict.ts";

const pollMs = 100;
/** A state that is still on its way somewhere is asked for again; one that holds for so long is the final one. */
const settleDeadlineMs = 60_000;

export interface Settled {
  standing: Standing;
  /** Time until all was equal, ms. */
  tookMs: number;
}

/** Waits until hubs, Pushgateways and ledgers agree. A string says what did not, in spite of a minute's patience. */
export async function settle(pair: BarePair): Promise<Settled | string> {
  const startedAtMs = performance.now();
  for (;;) {
    const open = await stillOpen(pair).catch((error: Error) => error.message);
    const tookMs = Math.round(performance.now() - startedAtMs);
    if (typeof open !== "string") return { standing: open, tookMs };
    if (tookMs > settleDeadlineMs) return open;
    await pause(pollMs);
  }
}

async function stillOpen({ both }: BarePair): Promise<Standing | string> {
  for (const machine of both) {
    const open = await ledgerOpen(machine);
    if (open !== "") return open;
  }
  const states = await Promise.all(
    both.flatMap(({ name, hubUrl, pushgatewayUrl }) => [
      readNamed(`${name}'s hub`, hubUrl),
      readNamed(`${name}'s Pushgateway`, pushgatewayUrl),
    ]),
  );
  const [first, ...others] = states;
  if (first === undefined) return "there is no hub";
  for (const { name, text } of others) {
    const differs = difference(first.text, text);
    if (differs !== "") return `${first.name} and ${name} differ: ${differs}`;
  }
  return first.standing;
}

async function readNamed(name: string, base: string) {
  try {
    return { name, ...(await readState(base)) };
  } catch (error) {
    throw new Error(`${name} cannot be read: ${(error as Error).message}`); // fetch and zod throw errors only
  }
}

async function ledgerOpen({ name, hubUrl }: BareMachine): Promise<string> {
  const ledger = await askHub(`${hubUrl}/api/v1/ledger`, LedgerView);
  if (ledger === undefined) return `${name}'s hub does not show its ledger`;
  const { missing, pending, copies } = ledger;
  return copies === 2 ? "" : `${name}'s ledger says missing ${missing}, pending ${pending}`;
}
