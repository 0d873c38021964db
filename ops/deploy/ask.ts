/** Asks an operator to type a word before what cannot be taken back, and hears Ctrl-C while it is done. */
import { createInterface } from "node:readline/promises";
import { OperatorError } from "../error.ts";
import type { DeployEngine } from "./engine.ts";

/**
 * @param signal ends the question, as Ctrl-C does
 * @returns whether the word was typed
 * @throws OperatorError where nobody can be asked
 */
export async function typed(word: string, question: string, signal?: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new OperatorError(
      "deploy.unconfirmed",
      `${question}, which wants to be confirmed, and nobody is at a terminal`,
      "Say --yes where nobody can be asked",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal that is closed leaves its question open for ever.
  const given = new AbortController();
  // A terminal in this state sends no signal: the one who listens for the end hears of it, too.
  terminal.once("SIGINT", () => process.emit("SIGINT")).once("close", () => given.abort());
  terminal.once("SIGINT", () => given.abort());
  const until = AbortSignal.any(signal === undefined ? [given.signal] : [given.signal, signal]);
  try {
    return (await terminal.question(`${question}. Type ${word} to go on: `, { signal: until })).trim() === word;
  } catch (error) {
    if (until.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Ctrl-C comes from the terminal and from npm; what comes twice so soon was meant once, ms. */
const sameMs = 1_000;

/**
 * The first one ends the engine in order, and what was moved and paused is put back; the second one ends all at once, and the next
 * run finds what is left. A terminal that is closed, SIGHUP, never ends it at once: nobody has asked for that.
 */
export function listenForEnd(engine: Pick<DeployEngine, "kill">, say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  for (const name of names) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now();
        controller.abort(new Error(`ended by ${name}`));
        say(`${name}: the engine ends what it is at, then all is put in order; once more ends it at once`);
      } else if (name !== "SIGHUP" && performance.now() - firstMs >= sameMs) {
        say("ended at once; the lock stays, and the next run from here takes it over and makes the machine whole");
        engine.kill();
        process.exit(130);
      }
    });
  }
  return controller.signal;
}
