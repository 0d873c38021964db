/** Asks an operator to type a service's name before it is taken from a machine that is believed dead. */
import { OperatorError } from "../error.ts";
import { typed } from "../terminal/confirmation.ts";

/** @throws OperatorError when it is not typed, or nobody can be asked */
export async function confirmTaking(service: string): Promise<void> {
  const refusal = (what: string) =>
    new OperatorError(
      "take.unconfirmed",
      what,
      "Say --yes where nobody can be asked, and only when the other machine is off",
    );
  if (!process.stdin.isTTY)
    throw refusal("taking a service from a machine that is believed dead wants to be confirmed");
  const question = `If the other machine still works, ${service} runs twice`;
  if (!(await typed(service, question))) throw refusal("the name was not typed, so nothing was done");
}
