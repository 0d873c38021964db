/** Pushes one value to a group of its own. */
export async function push(
  hubUrl: string,
  job: string,
  value: number,
): Promise<{ status: number; replication: string }> {
  const body = `# TYPE prove_value gauge\nprove_value ${value}\n`;
  const answer = await fetch(`${hubUrl}/metrics/job/${job}`, {
    method: "PUT",
    body,
    signal: AbortSignal.timeout(10_000),
  });
  await answer.arrayBuffer();
  return { status: answer.status, replication: answer.headers.get("tandem-replication") ?? "" };
}
