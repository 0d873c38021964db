/** The label by which a container says whose it is, `<machine>/<service>`: the supervisor touches no other. */
export const supervisedLabel = "tandem.supervised";
