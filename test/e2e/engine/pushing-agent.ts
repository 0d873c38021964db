/** An agent's program that serves its health and metrics and does as docs/agents.md says with its hub file. */

/** Without a single or double quote, since it stands in YAML and in a shell's word. */
export const pushingProgram = (name: string, machine: string): string => `
const fs = require(\`fs\`);
const state = { ill: false, pushed: 0 };
let file;
const read = () => { try { file = JSON.parse(fs.readFileSync(\`/run/tandem/hubs.json\`, \`utf8\`)); } catch (error) { if (error.code === \`ENOENT\`) file = undefined; } };
const own = () => [\`# TYPE served_total counter\`, \`served_total \${state.pushed}\`, \`\`].join(String.fromCharCode(10));
const told = () => own() + [\`# TYPE tandem_agent_hub_revision gauge\`, \`tandem_agent_hub_revision \${file.revision}\`, \`\`].join(String.fromCharCode(10));
const push = async () => {
  read();
  if (file !== undefined) {
    const path = \`/metrics/job/${name}/machine/${machine}\` + (file.stage === \`shadow\` ? \`/arrangement/shadow\` : \`\`);
    for (const hub of [file.primary, file.fallback]) {
      const answer = await fetch(hub.url + path, { method: \`PUT\`, body: told(), signal: AbortSignal.timeout(file.thresholds.deadlineMs) }).catch(() => undefined);
      if (answer !== undefined && answer.ok) { state.pushed++; break; }
    }
  }
  setTimeout(push, 500);
};
push();
require(\`http\`).createServer((request, response) => {
  if (request.url === \`/ill\`) state.ill = true;
  if (request.url === \`/heal\`) state.ill = false;
  if (request.url === \`/metrics\`) return response.end(own());
  response.end(JSON.stringify({ status: state.ill ? \`error\` : \`ok\`, message: state.ill ? \`its model is gone\` : \`\` }));
}).listen({httpPort});
require(\`net\`).createServer((socket) => socket.end()).listen({port});
process.on(\`SIGTERM\`, () => process.exit());
`;
