/** `tandem sign-in`: makes a URL for each hub's page by which a browser is signed in once, or signs everybody out. */
import { hostname, userInfo } from "node:os";
import type { Command } from "commander";
import { allSessionsPath, SignInCode, signInCodesPath } from "../hub/http/session-json.ts";
import { safeParseAnswer } from "./client/answer.ts";
import { OperatorError } from "./error.ts";
import { askingHubs } from "./ledger/hubs.ts";
import { type HubsOrdered, type OrderHub, orderHubs } from "./services/hubs.ts";

interface SignInOptions extends HubsOrdered {
  json: boolean;
  revokeAll: boolean;
}

/** What one hub said. */
type Answered = { url: string; page: string; until: string } | { url: string; error: string };

export function registerSignIn(program: Command): void {
  askingHubs(program.command("sign-in"))
    .description(
      "print a URL for each hub's page that signs a browser in, once and within 5 minutes; ends with 1 when no hub gives one",
    )
    .option("--at <machine>", "only at this machine's hub (default: at both)")
    .option("--revoke-all", "sign everybody out instead; ends with 1 when a hub does not say that it has", false)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem sign-in\n  $ tandem sign-in --at pc2\n  $ tandem sign-in --revoke-all",
    )
    .action(signIn);
}

async function signIn(options: SignInOptions): Promise<void> {
  const hubs = orderHubs(options);
  if (options.revokeAll) return await revokeAll(hubs, options);
  const by = `${userInfo().username}@${hostname()}`.slice(0, 100);
  const answers = await Promise.all(hubs.map((hub) => codeOf(hub, by)));
  const given = answers.filter((answer) => "page" in answer);
  for (const answer of answers) if ("error" in answer) process.stderr.write(`${answer.url}: ${answer.error}\n`);
  if (given.length === 0) {
    const next = "Name the site's folder with --dir instead of a hub; tandem doctor says what is wrong";
    throw new OperatorError("sign-in.refused", "no hub gives a code", next);
  }
  const text = given.map(({ page, until }) => `${page}   once, until ${until}`).join("\n");
  process.stdout.write(`${options.json ? JSON.stringify({ hubs: answers }) : text}\n`);
}

async function codeOf({ url, give }: OrderHub, by: string): Promise<Answered> {
  const [answer] = await give([{ method: "POST", path: signInCodesPath, body: { by } }]);
  const parsed = answer && safeParseAnswer(SignInCode, answer.said);
  if (!parsed?.success) return { url, error: answer?.text || "no answer" };
  const { code, until } = parsed.data;
  return { url, page: `${url}/#sign-in=${code}`, until };
}

async function revokeAll(hubs: readonly OrderHub[], { json }: SignInOptions): Promise<void> {
  const answers = await Promise.all(
    hubs.map(async ({ url, give }) => {
      const [answer] = await give([{ method: "DELETE", path: allSessionsPath, body: {} }]);
      const ok = answer?.status === 200 && answer.ok;
      return { url, ok, text: answer?.text || "no answer" };
    }),
  );
  if (answers.some(({ ok }) => !ok)) process.exitCode = 1;
  const text = answers.map(({ url, text: said }) => `${url}: ${said}`).join("\n");
  process.stdout.write(`${json ? JSON.stringify({ hubs: answers }) : text}\n`);
}
