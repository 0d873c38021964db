/** Renders what starts the care for logs every quarter of an hour: a systemd timer, or cron where systemd does not run. */
import { shellQuote } from "./shell.ts";

/** The unit that a systemd timer starts. @param script path of the script */
export function renderService(script: string): string {
  return `${[
    "[Unit]",
    "Description=Rotation and quota of the machine's logs",
    "",
    "[Service]",
    "Type=oneshot",
    `ExecStart=/bin/sh ${script}`,
    "# Logs can wait; the hub and its disk cannot.",
    "Nice=10",
    "IOSchedulingClass=idle",
    "TimeoutStartSec=10min",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
  ].join("\n")}\n`;
}

export function renderTimer(): string {
  return `${[
    "[Unit]",
    "Description=Every quarter of an hour: rotation and quota of the machine's logs",
    "",
    "[Timer]",
    "OnCalendar=*:0/15",
    "RandomizedDelaySec=60",
    "",
    "[Install]",
    "WantedBy=timers.target",
  ].join("\n")}\n`;
}

/** A file for /etc/cron.d. @param script path of the script */
export function renderCron(script: string): string {
  // What the script says it also gives to syslog; cron would mail it.
  return `*/15 * * * * root nice /bin/sh ${script} >/dev/null 2>&1\n`;
}

export interface InstallTimerArgs {
  /** Where the rendered files lie. */
  configDirectory: string;
  stateDirectory: string;
  /** Whether systemd may be used when it runs. */
  systemd: boolean;
  /** @default "/etc/cron.d" */
  cronDirectory?: string;
}

/** Installs one of the two, and runs the script once; what that says is the last line that it prints. POSIX sh. */
export function installTimer(args: InstallTimerArgs): string {
  const { configDirectory, stateDirectory, systemd, cronDirectory = "/etc/cron.d" } = args;
  return [
    "set -eu",
    `config=${shellQuote(configDirectory)} state=${shellQuote(stateDirectory)} cron=${shellQuote(cronDirectory)}`,
    'install -d -m 0755 -- "$state"',
    `if ${systemd ? "[ -d /run/systemd/system ]" : "false"}; then`,
    "  by='systemd timer'",
    '  rm -f -- "$cron/tandem-logs"',
    // By force: links of an earlier configuration may lead to another directory.
    '  systemctl --quiet --force link "$config/tandem-logs.service"',
    '  systemctl --quiet --force enable "$config/tandem-logs.timer"',
    "  systemctl daemon-reload",
    "  systemctl restart tandem-logs.timer",
    'elif [ -d "$cron" ]; then',
    "  by='cron'",
    '  install -m 0644 -- "$config/tandem-logs.cron" "$cron/tandem-logs"',
    "else",
    '  echo "logs would not be rotated: neither systemd nor $cron is on this machine. Install cron and run pulumi up again." >&2',
    "  exit 1",
    "fi",
    // The proof: it must work now, not first in a quarter of an hour when nobody looks.
    'if ! said=$(sh "$config/tandem-logs.sh" 2>&1); then',
    `  printf '%s\\n' "the first run of $config/tandem-logs.sh failed:" "$said" >&2`,
    "  exit 1",
    "fi",
    `printf '%s; %s\\n' "$by" "$(printf '%s' "$said" | tail -n 1)"`,
  ].join("\n");
}
