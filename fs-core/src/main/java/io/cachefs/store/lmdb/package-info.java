/**
 * The index on LMDB: one environment, one writer thread, copies out of mapped memory before a
 * transaction ends.
 *
 * <p>Invariants: what is queued is in {@link io.cachefs.store.lmdb.Pending} until it is committed,
 * so a reader that looks there first and into the tables after misses nothing. No read transaction
 * outlives the call that began it. The environment is opened only after its file was checked,
 * because LMDB follows what it finds in the mapped file and a damaged one would end the process.
 *
 * <p>May use store, store.format and lmdbjava.
 */
@NullMarked
package io.cachefs.store.lmdb;

import org.jspecify.annotations.NullMarked;
