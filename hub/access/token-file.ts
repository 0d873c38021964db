/** The tokens of a file that may be replaced at any time; while it cannot be read, or others may read it, nobody is let in by it. */
import { createHash, timingSafeEqual } from "node:crypto";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { type Log, messageOf } from "../io/log.ts";

interface Named {
  name: string;
  sha256: string;
}

export interface TokenFileOptions<Token extends Named> {
  path: string;
  schema: z.ZodType<{ tokens: Token[] }>;
  log: Log;
  /** Between two looks whether it is another file, ms. @default 1000 */
  lookEveryMs?: number;
}

/** Of the group or of others. */
const foreignBits = 0o077;

export class TokenFile<Token extends Named> {
  readonly #options: TokenFileOptions<Token>;
  #byHash = new Map<string, Token>();
  #seen = "";
  #complaint = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TokenFileOptions<Token>) {
    this.#options = options;
  }

  /** Resolves when it was read, or could not be; from then on a later one counts as soon as it is seen. */
  async open(): Promise<void> {
    await this.#look();
    const look = () => void this.#look().finally(() => this.#timer?.refresh());
    this.#timer = setTimeout(look, this.#options.lookEveryMs ?? 1_000).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /**
   * Whose token it is; undefined when nobody's. How long it takes tells at most something of hashes, which nobody
   * can choose.
   */
  holderOf(token: string): Token | undefined {
    const hash = createHash("sha256").update(token).digest();
    const found = this.#byHash.get(hash.toString("hex"));
    return found !== undefined && timingSafeEqual(hash, Buffer.from(found.sha256, "hex")) ? found : undefined;
  }

  async #look(): Promise<void> {
    const { path, schema, log } = this.#options;
    try {
      const { mtimeMs, ctimeMs, size, ino, mode } = statSync(path);
      const now = [mtimeMs, ctimeMs, size, ino, mode].join(" ");
      if (now === this.#seen) return;
      if ((mode & foreignBits) !== 0) throw new Error("others than its owner may read or write it; chmod 400");
      const { tokens } = schema.parse(JSON.parse(await readFile(path, "utf8")));
      this.#byHash = new Map(tokens.map((token) => [token.sha256, token]));
      this.#seen = now;
      this.#complaint = "";
      log.info("tokens.read", { path, tokens: tokens.length });
    } catch (error) {
      this.#byHash = new Map();
      this.#seen = "";
      const message = messageOf(error);
      if (message !== this.#complaint) log.error("tokens.unreadable", { path, error: message });
      this.#complaint = message;
    }
  }
}
