/** Subjects under which answers of NATS reach a hub: the server of its own machine keeps what its own domain answers to itself. */

/** For what is asked of the machine's own domain; never crosses the link. Four words and more, unlike the inboxes of tools. */
export const ownInboxes = (machine: string) => `_INBOX.own.${machine}`;

/** For what this machine's hub asks of the peer's domain: these alone cross the link, towards this machine. */
export const linkInboxes = (machine: string) => `_INBOX.link.${machine}`;
