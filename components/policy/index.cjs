/** Where the engine enters the policy pack: it calls require() and passes no arguments to Node, so TypeScript is loaded from here. */
require("tsx/esm/api").register();
// The engine waits for it, and prints what it fails with.
module.exports = import("./pack.ts");
