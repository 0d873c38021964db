/** What to do about the last words of an `ssh` that could not connect. */
export function sshAdvice(said: string): string {
  if (/host key verification failed|no matching host key|host key .*(known|mismatch)/i.test(said))
    return "Another key answers than ssh.hostKey says: compare it at the machine's console before you change it";
  if (/permission denied/i.test(said))
    return "Load your key into the agent (ssh-add), or add it to authorized_keys of ssh.user there";
  if (/could not resolve|name or service not known|nodename/i.test(said)) return "Correct machine.address";
  if (/connection refused/i.test(said)) return "Start sshd there, or correct ssh.port";
  if (/controlpath|control socket|muxclient|unix_listener/i.test(said))
    return "Make the directory of ssh's shared connections: mkdir -m 700 ~/.ssh";
  return "Check that the machine is up, and machine.address, ssh.port and ssh.jump of the stack";
}
