/** Response times as HDR histograms: two digits of every value, whatever the range, in a few hundred bytes that can be added up. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";

const digits = 2;
const bits = 32;
const lowestUs = 1;
const highestUs = 3_600_000_000;

export interface TimesView {
  count: number;
  /** ms. */
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export class Times {
  readonly #histogram: Histogram;

  constructor(
    histogram = build({
      lowestDiscernibleValue: lowestUs,
      highestTrackableValue: highestUs,
      numberOfSignificantValueDigits: digits,
      bitBucketSize: bits,
    }),
  ) {
    this.#histogram = histogram;
  }

  static decode(text: string): Times {
    return new Times(decodeFromCompressedBase64(text, bits, false));
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(highestUs, Math.max(lowestUs, Math.round(1_000 * ms))));
  }

  add(other: Times): void {
    this.#histogram.add(other.#histogram);
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  /** Undefined before the first value. */
  view(): TimesView | undefined {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return undefined;
    const at = (percentile: number) => Math.round(histogram.getValueAtPercentile(percentile) / 100) / 10;
    return { count: histogram.totalCount, p50: at(50), p95: at(95), p99: at(99), max: at(100) };
  }
}
