/** Reads the token by which the care for a machine's logs tells its hub what they hold, where pushes need one. */
import * as pulumi from "@pulumi/pulumi";
import { whyNotWrite } from "../hub/core/access/tokens.ts";
import { logGroup } from "./log-quota.ts";
import { accessTokensKey, logsTokenKey, type Site, type StackSite } from "./site.ts";
import { refusal, requireSecret } from "./site-secrets.ts";

/** Undefined where no logs are cared for, and where the stack has none: the hub may ask for none. */
export function readLogsToken(site: StackSite): pulumi.Output<string> | undefined {
  const config = new pulumi.Config();
  const token = (config.get(logsTokenKey) ?? "").trim();
  if (token === "" || site.logs.directories.length === 0) return undefined;
  const secret = requireSecret(logsTokenKey, "logs.directories");
  // It becomes a line of a request.
  if (!/^[\x20-\x7e]+$/.test(token)) throw refusal(logsTokenKey, "it is not one line of letters, digits and signs");
  const why = site.role === "pair" ? whyRefused(site, token, config.get(accessTokensKey) ?? "") : undefined;
  if (why !== undefined) throw refusal(logsTokenKey, why);
  return secret;
}

/** A hub that refuses it would show the last measurements for ever. @param known the stack's tokens by name, as JSON */
function whyRefused({ access, machine }: Site, token: string, known: string): string | undefined {
  const tokens = parsed(known);
  // Those that are no map are refused where they are read.
  if (access.push.length === 0 || tokens === undefined) return undefined;
  const holder = access.push.find(({ tokenSecret }) => String(Reflect.get(tokens, tokenSecret)).trim() === token);
  if (holder === undefined) return "it is the token of nobody in tandem:access.push";
  return whyNotWrite({ ...holder, sha256: "" }, logGroup(machine.name));
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
