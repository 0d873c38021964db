/**
 * Renders the accounts of a machine's NATS. Who dials the link has no user to bind to a listener's permissions, so its end of the link
 * is an account of its own, to which nothing but what crosses is exported; agents have one, so that their connections can be counted apart.
 */

import { linkAccount, quote } from "./nats-conf.ts";
import { alertSubjects, crossing, unnamedInboxes } from "./nats-crossing.ts";

export interface Permissions {
  publish: readonly string[];
  subscribe: readonly string[];
}

export interface User extends Permissions {
  name: string;
  /** Public NKey, or name of a certificate. */
  who: { nkey: string } | { user: string };
  connects: "STANDARD" | "LEAFNODE";
}

export interface AccountsArgs {
  machine: string;
  peer: string;
  /** Whether this machine dials the link. */
  dials: boolean;
  /** Hub, operators, and the peer's server where it is listened for. */
  users: readonly User[];
  agentUsers: readonly User[];
}

/**
 * Account of the streams. The server keeps them in a folder of the account's name, and this one's is that of the server's global account:
 * streams that were written without accounts are found, and found again without. The global account itself exports nothing.
 */
export const mainAccount = "/$G";
const agentAccount = "AGENTS";

/** Of all agents of a machine together; hub and operators have places of their own. */
export const agentLimits = { connections: 256, subscriptions: 4_096, payloadBytes: 1024 * 1024 };

/** A stream is heard as it was said; a service is a way in, and may share its name with a stream that is a way out. */
interface Share {
  kind: "stream" | "service";
  from: string;
  to: string;
  subject: string;
}

export function renderAccounts(args: AccountsArgs): string {
  const { machine, users, agentUsers, dials } = args;
  const withAgents = agentUsers.length > 0;
  const shares = [...(dials ? linkShares(args) : []), ...(withAgents ? agentShares(machine, dials) : [])];
  const account = (name: string, lines: readonly string[]) => [
    `  ${quote(name)}: {`,
    ...lines,
    ...sharesOf(name, shares),
    "  }",
  ];
  const { connections, subscriptions, payloadBytes } = agentLimits;
  const limits = `{ max_connections: ${connections}, max_subscriptions: ${subscriptions}, max_payload: ${payloadBytes} }`;
  return `${[
    "authorization {",
    "  timeout: 2",
    "}",
    "accounts {",
    ...account(mainAccount, ["    jetstream: enabled", ...usersOf(users)]),
    ...(withAgents ? account(agentAccount, [`    limits: ${limits}`, ...usersOf(agentUsers)]) : []),
    ...(dials ? account(linkAccount, []) : []),
    "}",
  ].join("\n")}\n`;
}

function linkShares({ machine, peer }: AccountsArgs): Share[] {
  const out = crossing(machine, peer);
  const inwards = crossing(peer, machine);
  const [away, home] = [
    { from: mainAccount, to: linkAccount },
    { from: linkAccount, to: mainAccount },
  ];
  const leaving = [
    ...out.messages,
    ...out.shared,
    ...out.questions.map((q) => `$JS.${peer}.API.${q}`),
    ...unnamedInboxes,
  ];
  return [
    ...leaving.map((subject) => ({ kind: "stream", ...away, subject }) as const),
    ...inwards.messages.map((subject) => ({ kind: "stream", ...home, subject }) as const),
    // The server takes a domain's prefix off what comes by the link before it looks for where it goes.
    ...[...inwards.shared, ...inwards.questions.map((q) => `$JS.API.${q}`)].map(
      (subject) => ({ kind: "service", ...away, subject }) as const,
    ),
  ];
}

/** Operators hear what agents say, and tell them; agents hear of moves and alerts. */
function agentShares(machine: string, dials: boolean): Share[] {
  const [toMain, toAgents] = [
    { from: agentAccount, to: mainAccount },
    { from: mainAccount, to: agentAccount },
  ];
  const ofAgents = `tandem.agents.${machine}.>`;
  return [
    { kind: "stream", ...toMain, subject: ofAgents },
    { kind: "service", ...toMain, subject: ofAgents },
    ...["observability.failover.*", ...alertSubjects].map(
      (subject) => ({ kind: "stream", ...toAgents, subject }) as const,
    ),
    // What came in as a service goes on to no third account.
    ...(dials ? alertSubjects : []).map(
      (subject) => ({ kind: "stream", from: linkAccount, to: agentAccount, subject }) as const,
    ),
  ];
}

function sharesOf(account: string, shares: readonly Share[]): string[] {
  const exported = shares.filter(({ from }) => from === account);
  const imported = shares.filter(({ to }) => to === account);
  return [
    ...block(
      "exports",
      exported.map(({ kind, to, subject }) => `{ ${kind}: ${quote(subject)}, accounts: [${quote(to)}] }`),
    ),
    ...block(
      "imports",
      imported.map(({ kind, from, subject }) => `{ ${kind}: { account: ${quote(from)}, subject: ${quote(subject)} } }`),
    ),
  ];
}

function usersOf(users: readonly User[]): string[] {
  return block(
    "users",
    users.flatMap(({ name, who, connects, publish, subscribe }) => [
      `# ${name}`,
      "{",
      "nkey" in who ? `  nkey: ${quote(who.nkey)}` : `  user: ${quote(who.user)}`,
      `  allowed_connection_types: [${quote(connects)}]`,
      "  permissions {",
      `    publish: ${list(publish)}`,
      `    subscribe: ${list(subscribe)}`,
      "  }",
      "}",
    ]),
  );
}

function block(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`    ${name}: [`, ...lines.map((line) => `      ${line}`), "    ]"];
}

function list(subjects: readonly string[]): string {
  return `[${subjects.map(quote).join(", ")}]`;
}
