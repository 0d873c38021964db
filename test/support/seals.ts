/** Seals as the hubs of a pair have them, without the judges that exchange their keys. */
import { randomBytes } from "node:crypto";
import { Refused } from "../../hub/core/refused.ts";
import { PeerSeals } from "../../hub/io/peer-seals.ts";

/** Of a hub whose NATS asks nobody who they are. */
export const noSeals = () => new PeerSeals({ needed: false, refused: new Refused() });

export interface SealedEnd {
  seals: PeerSeals;
  refused: Refused;
  key: Buffer;
}

/** Each knows the other's key. */
export function sealedPair(): { mainpc: SealedEnd; pc2: SealedEnd } {
  const end = (): SealedEnd => {
    const refused = new Refused();
    return { refused, seals: new PeerSeals({ needed: true, refused }), key: randomBytes(32) };
  };
  const [mainpc, pc2] = [end(), end()];
  mainpc.seals.learn({ sealing: [mainpc.key], peer: pc2.key });
  pc2.seals.learn({ sealing: [pc2.key], peer: mainpc.key });
  return { mainpc, pc2 };
}
