/** Watches the hub file of one agent: tells of each change, and keeps the last good one while a damaged one is there. */
import { type FSWatcher, mkdirSync, readFileSync, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { type HubFile, parseHubFile } from "../../../fleet/hub-file.ts";
import { messageOf } from "../../../hub/io/log.ts";
import { OperatorError } from "../../error.ts";

export interface HubFileWatchOptions {
  path: string;
  reader: Pick<HubFile, "agent" | "machine">;
  /** Whether the agent looks at all at this moment. */
  reads(): boolean;
  /** @param file undefined when there is none any more */
  changed(file: HubFile | undefined): void;
  damaged(why: string): void;
}

export class HubFileWatch {
  readonly #options: HubFileWatchOptions;
  #watcher: FSWatcher | undefined;
  #seen = "";
  /** Of the file that was told last. */
  #text: string | undefined;

  constructor(options: HubFileWatchOptions) {
    this.#options = options;
  }

  /** Makes the directory where it is missing, and reads what is there. @throws OperatorError when it cannot be made */
  start(): void {
    const directory = dirname(this.#options.path);
    try {
      mkdirSync(directory, { recursive: true });
    } catch (error) {
      const next = "Name a directory that can be written in hubsDirectory";
      throw new OperatorError("agents.hubs", `Cannot make ${directory}: ${messageOf(error)}`, next);
    }
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.look());
      // The caller looks from time to time: that is enough where the kernel has no watch left, or took this one away.
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch {}
    this.look();
  }

  /** Reads the file if it is not the one that was read last; costs a question for its times else. */
  look(): void {
    if (!this.#options.reads()) return;
    const found = this.#stamp();
    if (found === this.#seen) return;
    this.#seen = found;
    try {
      this.#take(readText(this.#options.path));
    } catch (error) {
      this.#options.damaged(messageOf(error));
    }
  }

  stop(): void {
    this.#watcher?.close();
  }

  #take(text: string | undefined): void {
    const { reader, changed, damaged } = this.#options;
    // The same text again, as after a repair, is no change.
    if (text === this.#text) return;
    const parsed = text === undefined ? undefined : parseHubFile(text, reader);
    if (parsed?.ok === false) {
      damaged(parsed.why);
      return;
    }
    this.#text = text;
    changed(parsed?.file);
  }

  /** What another file in its place would not have. */
  #stamp(): string {
    try {
      const found = statSync(this.#options.path, { throwIfNoEntry: false });
      return found === undefined ? "none" : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    } catch (error) {
      // A directory that may not be entered: reading will say the same.
      return messageOf(error);
    }
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // fs errors carry a code
    throw error;
  }
}
