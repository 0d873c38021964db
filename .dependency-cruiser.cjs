/** Who may import whom; a reader of a file knows from its folder what it can touch. */
module.exports = {
  forbidden: [
    {
      name: "core-is-pure",
      comment: "hub/core imports only itself, fleet's model and graph, and zod",
      severity: "error",
      from: { path: "^hub/core/" },
      to: { pathNot: ["^hub/core/", "^fleet/(model|graph)\\.ts$", "^node_modules/zod/"] },
    },
    {
      name: "renderers-are-pure",
      comment: "the renderers are text in, text out; some serve the local run too",
      severity: "error",
      from: {
        path: "^components/(nats-conf|nats-auth|nats-accounts|nats-crossing|pushgateway-args|prometheus-conf|prometheus-rules|prometheus-alerts|grafana-conf|grafana-dashboard-json|grafana-dashboards|grafana-panels|keepalived-conf|witness-conf|supervisor-conf|hub-config|router-conf|become|file-script|drift-script|readiness-script|ssh-advice|logrotate-conf|log-quota|shell|ssh|address)\\.ts$",
      },
      to: { path: "^node_modules/@pulumi/" },
    },
    {
      name: "policies-are-pure",
      comment: "the rules judge what they are given; only the pack speaks with the engine",
      severity: "error",
      from: { path: "^components/policy/", pathNot: "^components/policy/(pack\\.ts|index\\.cjs)$" },
      to: { path: "^node_modules/(@pulumi|tsx)/" },
    },
    {
      name: "hub-stands-alone",
      comment:
        "the hub is shipped as an image: it takes nothing of the operator's command, the components or the tests",
      severity: "error",
      from: { path: "^hub/" },
      to: { path: "^(ops|components|test)/" },
    },
    {
      name: "fleet-stands-alone",
      severity: "error",
      from: { path: "^fleet/" },
      to: { path: "^(hub|components|test)/" },
    },
    {
      name: "nobody-imports-tests",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "^test/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "nothing-undeclared",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // The policy pack has a package.json that the engine reads its version from; what it imports is the repository's.
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "types"] },
  },
};
