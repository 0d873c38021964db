/** Metrics that a Pushgateway has of its own: it refuses a push that gives one of them another type, so the hub must too. */
import type { MetricType } from "../exposition/family.ts";

const names: Partial<Record<MetricType, string>> = {
  counter: `go_memstats_alloc_bytes_total go_memstats_frees_total go_memstats_lookups_total go_memstats_mallocs_total
    process_cpu_seconds_total pushgateway_http_requests_total`,
  gauge: `go_goroutines go_info go_memstats_alloc_bytes go_memstats_buck_hash_sys_bytes go_memstats_gc_sys_bytes
    go_memstats_heap_alloc_bytes go_memstats_heap_idle_bytes go_memstats_heap_inuse_bytes go_memstats_heap_objects
    go_memstats_heap_released_bytes go_memstats_heap_sys_bytes go_memstats_last_gc_time_seconds
    go_memstats_mcache_inuse_bytes go_memstats_mcache_sys_bytes go_memstats_mspan_inuse_bytes
    go_memstats_mspan_sys_bytes go_memstats_next_gc_bytes go_memstats_other_sys_bytes go_memstats_stack_inuse_bytes
    go_memstats_stack_sys_bytes go_memstats_sys_bytes go_threads process_max_fds process_open_fds
    process_resident_memory_bytes process_start_time_seconds process_virtual_memory_bytes
    process_virtual_memory_max_bytes pushgateway_build_info push_time_seconds push_failure_time_seconds`,
  summary: "go_gc_duration_seconds pushgateway_http_push_duration_seconds pushgateway_http_push_size_bytes",
};

/** Type by name, for version 1.5.1 of the Pushgateway. */
export const gatewayFamilies: ReadonlyMap<string, MetricType> = new Map(
  (Object.keys(names) as MetricType[]).flatMap(
    (
      type, // the record's keys are types
    ) => (names[type] ?? "").split(/\s+/).map((name): [string, MetricType] => [name, type]),
  ),
);
