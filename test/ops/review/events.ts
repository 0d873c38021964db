/** Events of a preview as the engine logs them, for tests that change one thing of them. */

interface StepArgs {
  op?: string;
  diffs?: string[];
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  logical?: boolean;
}

export const types = {
  container: "docker:index/container:Container",
  command: "command:remote:Command",
  image: "docker:index/remoteImage:RemoteImage",
  machine: "tandem:machine:Machine",
};

/** What the engine is about to do to the resource of that name. */
export function step(type: keyof typeof types, name: string, args: StepArgs = {}): unknown {
  const { op = "update", diffs = [], before, after, logical = true } = args;
  const urn = `urn:pulumi:mainpc::tandem::${types[type]}::${name}`;
  const side = (inputs: Record<string, unknown> | undefined) => (inputs === undefined ? null : { inputs });
  return {
    sequence: 1,
    resourcePreEvent: {
      metadata: { op, urn, type: types[type], diffs, old: side(before), new: side(after), logical },
    },
  };
}

export const summary = (resourceChanges: Record<string, number>): unknown => ({ summaryEvent: { resourceChanges } });

export const said = (severity: string, message: string): unknown => ({ diagnosticEvent: { severity, message } });

export const violation = (policyName: string, message: string, enforcementLevel = "mandatory"): unknown => ({
  policyEvent: { resourceUrn: "urn", message, policyName, enforcementLevel },
});

export const log = (...events: unknown[]): string => events.map((event) => JSON.stringify(event)).join("\n");

/** Input of a command that writes a file. */
export const file = (path: string, ...lines: string[]): string => `${lines.join("\n")}\n== end of ${path} ==\n`;

/** What stands in the log instead of a secret. */
export const secret = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
