/**
 * Takes a Pushgateway's answer to `GET /api/v1/metrics` apart as it comes, into groups and those into their members, so that one group
 * of it is in memory at a time, and what is too large to be read is never kept.
 */

/** Most that is read of one group. */
export interface GroupBounds {
  /** Of its JSON. */
  bytes: number;
  /** Names with a value in its JSON, which is what reading it takes the time for. */
  pairs: number;
  /** Of one metric, which is read at once: its labels and buckets. */
  metricPairs: number;
}

/** Members of a group, each a name and its value in JSON. */
export interface SplitGroup {
  /** Says by its labels which group it is, too. */
  pushTime: string;
  /** All others; undefined when the group passes the bounds. */
  others: Buffer[] | undefined;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
/** A group is an object in the list of the answer's object, a metric one in the list of a member of the group. */
const groupDepth = 3;
const metricDepth = 6;
const pushTimeStart = '"push_time_seconds":';

/** Mutable, one per answer. Trusts the answer to be JSON, and leaves it to the reader of a member to find that it is not. */
export class GatewaySplitter {
  readonly #bounds: GroupBounds;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #hasList = false;
  /** Of the group under way. */
  #group: SplitGroup = nothing();
  #bytes = 0;
  #pairs = 0;
  /** When the metric under way began. */
  #pairsBefore = 0;
  /** Of its member under way. */
  #pieces: Buffer[] = [];
  #memberBytes = 0;

  constructor(bounds: GroupBounds) {
    this.#bounds = bounds;
  }

  /** Whether all of an answer has come, and it was a list of groups. */
  get isWhole(): boolean {
    return this.#hasList && this.#depth === 0;
  }

  /** The groups that end in the next piece of the answer. */
  *take(chunk: Buffer): Iterable<SplitGroup> {
    // Local, since this runs for each byte.
    let [depth, inString, escaped] = [this.#depth, this.#inString, this.#escaped];
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === colon) this.#pairs++;
      else if (byte === openBrace || byte === openBracket) {
        depth++;
        if (depth < groupDepth) this.#hasList = byte === openBracket;
        else if (depth === groupDepth) {
          this.#begin();
          from = i + 1;
        } else if (depth === metricDepth) this.#pairsBefore = this.#pairs;
      } else if (byte === comma || byte === closeBrace || byte === closeBracket) {
        if (depth === groupDepth) {
          this.#endMember(chunk.subarray(from, i));
          from = i + 1;
          if (byte !== comma) yield this.#group;
        }
        if (byte === comma) continue;
        if (depth === metricDepth) this.#endMetric();
        depth--;
      }
    }
    if (depth >= groupDepth) this.#keep(chunk.subarray(from));
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
  }

  #begin(): void {
    this.#group = nothing();
    this.#bytes = 0;
    this.#pairs = 0;
    this.#pairsBefore = 0;
  }

  #endMetric(): void {
    if (this.#pairs - this.#pairsBefore > this.#bounds.metricPairs) this.#group.others = undefined;
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length;
    this.#memberBytes += piece.length;
    if (this.#memberBytes <= this.#bounds.bytes) this.#pieces.push(piece);
  }

  #endMember(piece: Buffer): void {
    this.#keep(piece);
    const member = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#memberBytes = 0;
    // Who passes the bounds is named all the same.
    if (member.toString("latin1", 0, pushTimeStart.length) === pushTimeStart) this.#group.pushTime = member.toString();
    else if (member.length > 0) this.#group.others?.push(member);
    if (this.#bytes > this.#bounds.bytes || this.#pairs > this.#bounds.pairs) this.#group.others = undefined;
  }
}

const nothing = (): SplitGroup => ({ pushTime: "", others: [] });
