import { expect, it } from "vitest";
import { commandsAt, parseRunbook } from "../../../ops/runbook/read.ts";

const text = `# nats-lost

It does not
answer.

## Meaning

One.
Two.

Three.

## Mitigation

Start it.

On a local run:

\`\`\`sh
tandem revive
\`\`\`

On machines of their own:

\`\`\`sh
docker restart x
df -h
\`\`\`

Look.

\`\`\`sh
tandem ledger
\`\`\`
`;

it("a runbook is a summary and sections of steps, each with its words and its commands, some for one place alone", () => {
  const { summary, sections } = parseRunbook("nats-lost", "alert", text);
  expect(summary).toBe("It does not answer.");
  expect(sections).toEqual([
    { title: "Meaning", steps: [{ says: "One. Two.\nThree.", commands: [] }] },
    {
      title: "Mitigation",
      steps: [
        {
          says: "Start it.",
          commands: [
            { only: "local", text: "tandem revive" },
            { only: "deployed", text: "docker restart x\ndf -h" },
          ],
        },
        { says: "Look.", commands: [{ only: undefined, text: "tandem ledger" }] },
      ],
    },
  ]);
});

it("of a step only the commands of a place are of use there, and all where the place is not known", () => {
  const step = { says: "", commands: (["local", "deployed", undefined] as const).map((only) => ({ only, text: "" })) };
  const at = (place: "local" | "deployed" | undefined) => commandsAt(step, place).map(({ only }) => only);
  expect([at("local"), at("deployed"), at(undefined)]).toEqual([
    ["local", undefined],
    ["deployed", undefined],
    ["local", "deployed", undefined],
  ]);
});
