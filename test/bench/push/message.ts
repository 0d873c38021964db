/** The pushes that are measured: HTTP requests as bytes, of which only the digits of the values change from push to push. */
export interface Shape {
  groups: number;
  /** Series of each push. */
  series: number;
}

/** A push of one group, ready but for its values. */
export interface Template {
  bytes: Buffer;
  /** Where each value's digits begin. */
  values: number[];
}

/** Of every value, so that a push keeps its length. */
const digits = 7;
/** A large push is families of five series, as a program's own metrics are; a small one is a family a series. */
const seriesOfFamily = (series: number) => (series > 10 ? 5 : 1);

export const groupPath = (group: number) => `/metrics/job/bench/instance/host-${group}`;

export function template(group: number, { series }: Shape): Template {
  const blank = "1".padEnd(digits, "0");
  let body = "";
  const places: number[] = [];
  const each = seriesOfFamily(series);
  for (let family = 0; family < series / each; family++) {
    body += `# HELP bench_family_${family} What this program counts under ${family}.\n# TYPE bench_family_${family} gauge\n`;
    for (let i = 0; i < each; i++) {
      body += `bench_family_${family}{kind="kind-${i}",zone="home"} `;
      places.push(body.length);
      body += `${blank}\n`;
    }
  }
  const head = [
    `PUT ${groupPath(group)} HTTP/1.1`,
    "Host: bench",
    "Content-Type: text/plain; version=0.0.4",
    `Content-Length: ${body.length}`,
    "",
    "",
  ].join("\r\n");
  return { bytes: Buffer.from(head + body), values: places.map((place) => head.length + place) };
}

/** @param count which push it is; all values differ from those of the push before */
export function fill({ bytes, values }: Template, count: number): Buffer {
  const message = Buffer.from(bytes);
  const text = String(10 ** (digits - 1) + ((count * 10) % (9 * 10 ** (digits - 1))));
  for (const [i, place] of values.entries()) {
    message.write(text, place, digits, "latin1");
    // The last digit tells the series apart.
    message[place + digits - 1] = 48 + (i % 10);
  }
  return message;
}
