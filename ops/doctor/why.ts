/** Why each thing that the doctor looks at matters, in a sentence for who meets it for the first time. */

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^machine$/, "nothing else can be said of a machine that is not reached"],
  [/^Docker engine$/, "every server of the machine is a container"],
  [/^container /, "what it does is not done on this machine meanwhile"],
  [/^hub's image$/, "the machine runs another program than the one that is looked at here"],
  [/^rights$/, "what cannot be read cannot be checked"],
  [/^secret files$/, "who reads one may write the site's records or stand in for a machine"],
  [/^files$/, "the next deployment puts it back, with a restart at a time that nobody chose"],
  [/^directories$/, "what writes there fails, and a container that is made anew does not start without it"],
  [/^(disk|inodes|room)$/, "pushes are refused, with 507, once nothing can be stored"],
  [/^fsync$/, "an answer to a push waits for the disks of both machines"],
  [
    /^streams$/,
    "its oldest records go before their age; with what the peer has not copied it fills, and then pushes are refused",
  ],
  [/^(clock|clocks)$/, "writes of both machines to one group are ordered by their clocks"],
  [/^ports?$/, "clients and the other machine ask there"],
  [/^sshd$/, "an up opens several connections at once, and those beyond the limit are refused at random"],
  [
    /^certificates$/,
    "without a valid one on both sides the link between the machines ends, and nothing is copied; a hub whose own has ended is believed by nobody",
  ],
  [/^logs$/, "logs that nobody rotates fill the disk that the records are on"],
  [/^versions?$/, "what the promises rest on is not in every version"],
  [/^Pushgateway$/, "who scrapes the Pushgateway sees other metrics than who asks the hub"],
  [/^lock$/, "nobody else can deploy or start while it stands"],
  [/^hub$/, "pushes to it fail, and clients have to go to the other one"],
  [/^peer$/, "this machine is alone: losing it would lose what has no second copy"],
  [/^sync$/, "what is taken meanwhile has one copy"],
  [/^ledger$/, "an acknowledged record that is missing on a side is what must not happen"],
  [/^agents$/, "what depends on them fails or is served from elsewhere"],
  [/^notifications$/, "what goes wrong is seen by nobody who does not look"],
  [/^satellite$/, "its agents are not watched, or not there"],
];

/** @param name of a check @throws Error for one that is not in the table, so that no finding comes without a reason */
export function whyOf(name: string): string {
  const found = reasons.find(([pattern]) => pattern.test(name));
  if (found === undefined) throw new Error(`it is not said why ${name} matters`);
  return found[1];
}
