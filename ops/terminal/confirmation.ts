/** Has an operator confirm what cannot be taken back. */
import { confirm, text } from "@clack/prompts";
import { OperatorError } from "../error.ts";
import { answerOf } from "./terminal.ts";

/**
 * @param signal ends the question
 * @returns whether the word was typed
 * @throws OperatorError where nobody can be asked
 */
export async function typed(word: string, question: string, signal?: AbortSignal): Promise<boolean> {
  requireTerminal(question);
  const message = `${question}. Type ${word} to go on`;
  const answer = await answerOf((common) => text({ ...common, message, withGuide: false }), signal);
  return answer?.trim() === word;
}

/**
 * @returns whether the answer was yes
 * @throws OperatorError where nobody can be asked
 */
export async function agreed(question: string): Promise<boolean> {
  requireTerminal(question);
  const message = `${question}?`;
  const answer = await answerOf((common) => confirm({ ...common, message, initialValue: false, withGuide: false }));
  return answer === true;
}

function requireTerminal(question: string): void {
  if (process.stdin.isTTY && process.stderr.isTTY) return;
  throw new OperatorError(
    "deploy.unconfirmed",
    `${question}, which wants to be confirmed, and nobody is at a terminal`,
    "Say --yes where nobody can be asked",
  );
}
