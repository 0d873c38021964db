/** The rule that no container is a way to be root of its machine, but for those that must be more, and say so. */
import { type Container, containersOf, type Rule } from "./declared.ts";
import { allowedBy, exceptionLabel, exceptions } from "./exceptions.ts";

const how = `Make it with hardenedContainer; those that may do more have the label ${exceptionLabel} (components/policy/exceptions.ts)`;

export const noPrivilegedContainer: Rule = {
  name: "no-privileged-container",
  description: "No container is privileged, root, has capabilities, or sees the engine or the machine's processes",
  scope: "resource",
  check: (declared) =>
    containersOf(declared).flatMap(({ name, props }) =>
      faultsOf(props).map((fault) => ({ resource: name, what: `the container ${fault}`, next: how })),
    ),
};

function faultsOf(container: Container): string[] {
  const { user, privileged, capabilities, pidMode, ipcMode, mounts, volumes, labels } = container;
  const allowed = allowedBy(labels);
  if (allowed === undefined)
    return [`has a label ${exceptionLabel} of none of these words: ${Object.keys(exceptions).join(", ")}`];
  const sources = [...mounts.map(({ source }) => source), ...volumes.map(({ hostPath }) => hostPath)];
  const capable = capabilities.adds.map(withPrefix).filter((one) => !allowed.capabilities?.includes(one));
  const faults: [boolean, string][] = [
    [privileged, "is privileged"],
    [user === undefined, "names no user, so it may be root"],
    [/^(0|root)(:|$)/.test(user ?? "") && allowed.root !== true, "is root"],
    [capable.length > 0, `has ${capable.join(", ")}`],
    [pidMode === "host", "sees all processes of the machine"],
    [ipcMode === "host", "shares memory with all processes of the machine"],
    [
      sources.some((source) => source?.endsWith("/docker.sock")) && allowed.engine !== true,
      "sees the engine's socket, which makes it root of the machine",
    ],
    [sources.includes("/"), "sees the machine's whole disk"],
  ];
  return faults.flatMap(([holds, fault]) => (holds ? [fault] : []));
}

const withPrefix = (capability: string) => (capability.startsWith("CAP_") ? capability : `CAP_${capability}`);
