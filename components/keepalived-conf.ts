/** Renders keepalived.conf: one address that stands where a hub is ready. */

export interface KeepalivedConfArgs {
  /** Machine's name. */
  machine: string;
  /** IPv4 address that clients use. @example "192.0.2.100" */
  virtualAddress: string;
  /** Length of its network's prefix, bits. @example 24 */
  prefixLength: number;
  /** Network interface of the machine that carries it. @example "eth0" */
  interface: string;
  /** Own IPv4 address, and that of the other machine's keepalived. */
  address: string;
  peerAddress: string;
  /** What must answer 200 for this machine to hold the address. @example "http://192.0.2.10:9000/readyz" */
  readyUrl: string;
  /** The higher one takes the address when both start at once. 1 to 254. */
  priority: number;
  /** The same on both machines, and no other's on this network. 1 to 255. */
  routerId: number;
}

/**
 * Neither machine is the born master, and the one that has the address keeps it (`nopreempt`): each move cuts connections.
 * Adverts go to the peer alone; VRRP 3 knows no password, and that of VRRP 2 is sent in plain text.
 */
export function renderKeepalivedConf(args: KeepalivedConfArgs): string {
  return `# Written by tandem; changes are overwritten by the next pulumi up.
global_defs {
  router_id tandem-${args.machine}
  script_user root
  enable_script_security
  vrrp_version 3
  # Told again each minute, for whoever has missed the first word.
  vrrp_garp_master_refresh 60
}

vrrp_script hub_ready {
  script "/usr/bin/wget -q -T 2 -O /dev/null ${args.readyUrl}"
  interval 2
  timeout 3
  fall 2
  rise 2
}

vrrp_instance tandem {
  state BACKUP
  nopreempt
  interface ${args.interface}
  virtual_router_id ${args.routerId}
  priority ${args.priority}
  # Three missed ones and the peer takes over.
  advert_int 0.5
  unicast_src_ip ${args.address}
  unicast_peer {
    ${args.peerAddress}
  }
  virtual_ipaddress {
    ${args.virtualAddress}/${args.prefixLength} dev ${args.interface}
  }
  track_script {
    hub_ready
  }
}
`;
}
