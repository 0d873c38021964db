/** Signs operators in and out: the key that seals their sessions outlives the hub, and so does who signed out. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { HubConfig } from "../config.ts";
import { type Log, messageOf } from "../io/log.ts";
import { StateFile } from "../io/state-file.ts";
import { openSession, Session, sealSession } from "./session-token.ts";
import { SignInCodes } from "./sign-in-codes.ts";

export interface SessionsOptions {
  config: Pick<HubConfig, "machine" | "stateDirectory">;
  log: Log;
  /** Wall ms. */
  nowMs(): number;
}

const keyBytes = 32;
const codeBytes = 16;
const idBytes = 12;
export const sessionLastsMs = 12 * 3_600_000;
/** Beyond so many that signed out before their time, everybody does. */
const maxSignedOut = 1_000;

const Kept = z.strictObject({
  v: z.literal(1),
  key: z.base64().refine((text) => Buffer.from(text, "base64").length === keyBytes, `${keyBytes} bytes`),
  /** Sessions that are not over by their time, but by their operator's word. */
  signedOut: z.array(Session.pick({ id: true, untilMs: true })),
});
type Kept = z.infer<typeof Kept>;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #codes = new SignInCodes();
  /** Without a directory sessions end with the hub. */
  readonly #file: StateFile<Kept> | undefined;
  #key: Buffer = randomBytes(keyBytes);
  #signedOut: Kept["signedOut"] = [];

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { stateDirectory } = options.config;
    if (stateDirectory !== undefined) this.#file = new StateFile(join(stateDirectory, "sessions.json"), Kept);
  }

  /** What an earlier life kept. A file that cannot be read ends all sessions, and is no reason not to start. */
  async open(): Promise<void> {
    const { log } = this.#options;
    try {
      const kept = await this.#file?.read();
      if (kept !== undefined) [this.#key, this.#signedOut] = [Buffer.from(kept.key, "base64"), kept.signedOut];
      else await this.#keep();
    } catch (error) {
      log.error("sessions.unread", { error: messageOf(error) });
      await this.#keep().catch((unkept: unknown) => log.error("sessions.unkept", { error: messageOf(unkept) }));
    }
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    await this.#file?.idle();
  }

  /** Undefined when too many codes wait already. */
  newCode(by: string): { code: string; untilMs: number } | undefined {
    const code = randomBytes(codeBytes).toString("base64url");
    const untilMs = this.#codes.add(code, by, this.#options.nowMs());
    return untilMs === undefined ? undefined : { code, untilMs };
  }

  /** Undefined when the code is wrong, was used, or is over. */
  signIn(code: string): { session: Session; token: string } | undefined {
    const { config, nowMs } = this.#options;
    const by = this.#codes.redeem(code, nowMs());
    if (by === undefined) return undefined;
    const id = randomBytes(idBytes).toString("base64url");
    const session: Session = { id, by, untilMs: nowMs() + sessionLastsMs };
    return { session, token: sealSession(session, config.machine.name, this.#key) };
  }

  /** Undefined when it is no session that stands. */
  sessionOf(token: string): Session | undefined {
    const { config, nowMs } = this.#options;
    const session = openSession(token, config.machine.name, this.#key, nowMs());
    return session !== undefined && this.#signedOut.some(({ id }) => id === session.id) ? undefined : session;
  }

  /** Resolves when it is kept; rejects when it holds only as long as this hub runs. */
  async signOut({ id, untilMs }: Session): Promise<void> {
    const nowMs = this.#options.nowMs();
    this.#signedOut = this.#signedOut.filter((each) => each.untilMs > nowMs && each.id !== id);
    if (this.#signedOut.length >= maxSignedOut) return await this.signOutAll();
    this.#signedOut.push({ id, untilMs });
    await this.#keep();
  }

  /** As `signOut`. Codes that wait are good no more either. */
  async signOutAll(): Promise<void> {
    this.#codes.clear();
    this.#key = randomBytes(keyBytes);
    this.#signedOut = [];
    await this.#keep();
  }

  async #keep(): Promise<void> {
    await this.#file?.write({ v: 1, key: this.#key.toString("base64"), signedOut: this.#signedOut });
  }
}
