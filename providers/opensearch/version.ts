/** Bits of a version that hold the sequence. */
const sequenceBits = 21n;
const lastSequence = 2 ** 21 - 1;

/**
 * The external version of a document: later runs of an id are above earlier ones, and of one run the greater sequence is
 * above. Of the transitions from 2,097,151 on, what is put last stays. It holds until the year 2109.
 */
export function versionOf(createdAt: number, sequence: number): bigint {
  return (BigInt(createdAt) << sequenceBits) + BigInt(Math.min(sequence, lastSequence));
}

/** The version that is above those of a run and of all earlier ones of its id. */
export function lastVersionOf(createdAt: number): bigint {
  return versionOf(createdAt, lastSequence);
}
