/** Export requests of OpenTelemetry's metrics, in both of their encodings, from the bytes to the fold. */
import { parseExposition } from "../../../hub/core/exposition/parse.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { type Encoding, exportAnswer, statusAnswer } from "../../../hub/core/otlp/answer.ts";
import { decodeJson } from "../../../hub/core/otlp/json.ts";
import type { Decoded } from "../../../hub/core/otlp/model.ts";
import { decodeProtobuf } from "../../../hub/core/otlp/protobuf.ts";
import { draftGroups, fit } from "../../../hub/core/otlp/pushes.ts";
import { holds, type Outcome, type Target } from "../engine/target.ts";

const maxBytes = 64 * 1024;
const covers = /^hub\/core\/(otlp|exposition|fold)/;

function take(encoding: Encoding, decoded: Decoded): Outcome {
  if (!decoded.ok) {
    holds(decoded.reason !== "", "a refusal without a reason");
    statusAnswer(encoding, 400, decoded.reason);
    return "refused";
  }
  const { drafts, refused } = draftGroups(decoded.request);
  if (drafts.reduce((sum, draft) => sum + draft.leastBytes(), 0) > maxBytes) return "refused";
  const fold = new Fold();
  for (const draft of drafts) {
    const fitted = fit(fold, draft, {}, refused);
    if (fitted === undefined) continue;
    const parsed = parseExposition(fitted.push.body);
    holds(parsed.ok, `the text that was made is refused: ${parsed.ok ? "" : parsed.reason}`);
    const { outcome } = fold.apply({ ...fitted.push, at: { wallMs: 1, counter: fold.groupCount } }, "mainpc");
    holds(outcome === "applied", `what fits is ${outcome}`);
  }
  for (const { points, text } of refused) holds(points >= 0 && text !== "", "a refusal without points or a reason");
  const shown = parseExposition(fold.metricsText());
  holds(shown.ok, `what the hub shows is no text: ${shown.ok ? "" : shown.reason}`);
  exportAnswer(encoding, refused);
  return "taken";
}

const attribute = (key: string, value: Record<string, unknown>) => ({ key, value });
const point = { timeUnixNano: "1700000000000000000", attributes: [attribute("queue", { stringValue: "a" })] };
const metrics = [
  { name: "depth", unit: "By", gauge: { dataPoints: [{ ...point, asDouble: 1.5 }, { asInt: "-3" }] } },
  {
    name: "jobs",
    description: "Jobs.",
    sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...point, asInt: "7" }] },
  },
  { name: "delta", sum: { aggregationTemporality: 1, dataPoints: [{ asInt: 1 }] } },
  {
    name: "took",
    unit: "s",
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [{ ...point, count: "3", sum: 2.5, bucketCounts: ["1", "2"], explicitBounds: [0.5] }],
    },
  },
  {
    name: "wide",
    exponentialHistogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...point,
          count: "5",
          sum: 9,
          scale: 1,
          zeroCount: "1",
          positive: { offset: -1, bucketCounts: ["1", "2"] },
          negative: { bucketCounts: [1] },
        },
      ],
    },
  },
  {
    name: "old",
    summary: { dataPoints: [{ ...point, count: "2", sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
  },
];
const values = [
  { boolValue: true },
  { intValue: "5" },
  { doubleValue: "NaN" },
  { bytesValue: "AAE=" },
  { arrayValue: { values: [{ stringValue: "x" }, { kvlistValue: { values: [attribute("k", { intValue: 1 })] } }] } },
];
const whole = {
  resourceMetrics: [
    {
      resource: {
        attributes: [
          attribute("service.name", { stringValue: "tutor" }),
          attribute("service.instance.id", { stringValue: "1" }),
          ...values.map((value, i) => attribute(`a.${i}`, value)),
        ],
      },
      scopeMetrics: [
        {
          scope: { name: "lib", version: "1", attributes: [attribute("x", { stringValue: "y" })] },
          schemaUrl: "http://s",
          metrics,
        },
      ],
    },
  ],
};
const one = (metric: unknown) => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });

/** Fields as protobuf has them, by hand: [number, whole number, double, text or parts]. */
type Part = [field: number, content: number | { double: number } | string | Part[]];
const requests: readonly Part[][] = [
  [
    [
      1,
      [
        [
          1,
          [
            [
              1,
              [
                [1, "service.name"],
                [2, [[1, "tutor"]]],
              ],
            ],
          ],
        ],
        [
          2,
          [
            [
              1,
              [
                [1, "lib"],
                [2, "1"],
              ],
            ],
            [
              2,
              [
                [1, "depth"],
                [3, "By"],
                [
                  5,
                  [
                    [
                      1,
                      [
                        [
                          7,
                          [
                            [1, "queue"],
                            [2, [[1, "a"]]],
                          ],
                        ],
                        [4, { double: 1.5 }],
                      ],
                    ],
                  ],
                ],
              ],
            ],
            [3, "http://s"],
          ],
        ],
      ],
    ],
  ],
  [
    [
      1,
      [
        [
          2,
          [
            [
              2,
              [
                [1, "jobs"],
                [
                  7,
                  [
                    [1, [[4, { double: 7 }]]],
                    [2, 2],
                    [3, 1],
                  ],
                ],
              ],
            ],
            [
              2,
              [
                [1, "took"],
                [
                  9,
                  [
                    [
                      1,
                      [
                        [4, { double: 2 }],
                        [5, { double: 2.5 }],
                      ],
                    ],
                    [2, 2],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
  [
    [
      1,
      [
        [
          2,
          [
            [
              2,
              [
                [1, "wide"],
                [
                  10,
                  [
                    [
                      1,
                      [
                        [4, { double: 5 }],
                        [6, 2],
                        [
                          8,
                          [
                            [1, 1],
                            [2, "\x01\x02"],
                          ],
                        ],
                        [9, [[2, "\x01"]]],
                      ],
                    ],
                    [2, 2],
                  ],
                ],
              ],
            ],
            [
              2,
              [
                [1, "old"],
                [
                  11,
                  [
                    [
                      1,
                      [
                        [4, { double: 2 }],
                        [
                          6,
                          [
                            [1, { double: 0.5 }],
                            [2, { double: 1 }],
                          ],
                        ],
                      ],
                    ],
                  ],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
];

function bytesOf(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map(([field, content]) => {
      if (typeof content === "number") return Buffer.from([field * 8, content]);
      if (typeof content === "object" && "double" in content) {
        const bytes = Buffer.alloc(9);
        bytes[0] = field * 8 + 1;
        bytes.writeDoubleLE(content.double, 1);
        return bytes;
      }
      const inner = typeof content === "string" ? Buffer.from(content) : bytesOf(content);
      const length = inner.length < 128 ? [inner.length] : [(inner.length & 127) | 128, inner.length >> 7];
      return Buffer.concat([Buffer.from([field * 8 + 2, ...length]), inner]);
    }),
  );
}

export const targets: readonly Target[] = [
  {
    name: "otlp-protobuf",
    about: "an export of OpenTelemetry's metrics as protobuf",
    form: "wire",
    tokens: [
      "service.name",
      "service.instance.id",
      "le",
      "quantile",
      "job",
      "instance",
      "__name__",
      "depth_total",
      "target_info",
    ],
    seeds: () => requests.map(bytesOf),
    covers,
    open: () => ({ run: (input) => take("protobuf", decodeProtobuf(input)) }),
  },
  {
    name: "otlp-json",
    about: "an export of OpenTelemetry's metrics as JSON",
    form: "json",
    tokens: [
      "service.name",
      "service.namespace",
      "job",
      "instance",
      "le",
      "quantile",
      "__name__",
      "stringValue",
      "intValue",
      "doubleValue",
      "arrayValue",
      "kvlistValue",
      "bytesValue",
      "asInt",
      "asDouble",
      "flags",
      "gauge",
      "sum",
      "histogram",
      "summary",
      "exponentialHistogram",
      "dataPoints",
      "attributes",
      "depth_total",
      "target_info",
    ],
    seeds: () => [whole, ...metrics.map(one)].map((each) => JSON.stringify(each)),
    covers,
    open: () => ({ run: (input) => take("json", decodeJson(input)) }),
  },
];
