/** Refuses to publish a text that holds a secret, whether one of the site's or one that looks like any. */
import { looksSecret } from "../../components/policy/looks-secret.ts";
import { OperatorError } from "../error.ts";
import { type Pattern, secretsIn } from "../secrets/patterns.ts";

/** @throws OperatorError that names the secret and never its value */
export function refuseSecrets(text: string, patterns: readonly Pattern[]): void {
  const form = looksSecret(text);
  const found = [...secretsIn(text, patterns), ...(form === undefined ? [] : [form])];
  if (found.length === 0) return;
  throw new OperatorError(
    "review.secret",
    `the review is not shown, since it would show a secret: ${found.join(", ")}`,
    "Find where the program puts it (tandem secrets audit), and make it a secret of Pulumi's there; then take a new one",
  );
}
