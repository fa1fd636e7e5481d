/**
 * Test kit for providers and workflows: contract suites, a manual clock, crash points.
 *
 * @module
 */
export { withCrashPoints } from "./crash_points.ts";
export { type LifecycleFactory, testLifecycle } from "./lifecycle_contract.ts";
export { type LockFactory, testLock } from "./lock_contract.ts";
export { checkStore } from "./invariants.ts";
export { ManualClock } from "./manual_clock.ts";
export { type UntilOptions, VirtualClock } from "./virtual_clock.ts";
export { type PersistenceFactory, testPersistence } from "./persistence_contract.ts";
export { type QueueFactory, testQueue } from "./queue_contract.ts";
export { type SearchFactory, testSearch } from "./search_contract.ts";
