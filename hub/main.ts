/** Starts one hub from its config file: `hub --config FILE`. Ends on SIGTERM and SIGINT, with the stores left whole; reads a renewed key on SIGHUP. */
import { isJudgeThread } from "./judge/thread.ts";

const usage = `The hub of one machine of a Tandem pair.

  hub --config FILE   run with this JSON config (see hub/config.ts)
  hub --version       print the version
  hub --help          print this
`;

// The judge's thread runs the same file, for what hub/judge/thread.ts does there, and does without the hub's own modules.
if (!isJudgeThread) {
  const { HubConfig } = await import("./config.ts");
  const { HubProcess } = await import("./hub-process.ts");
  const { runEntry } = await import("./process-entry.ts");
  await runEntry({
    name: "hub",
    usage,
    schema: HubConfig,
    machineOf: ({ machine }) => machine.name,
    make: (config, version, log) => new HubProcess(config, version, log),
  });
}
