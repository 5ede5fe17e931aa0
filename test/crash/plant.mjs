// @ts-check
// Damage to what is read back, planted on purpose (`--plant NAME`): a run that does not then fail
// is a checker that does not check.

/**
 * @typedef {Map<string, import('./oracle.mjs').ReadRecord[]>} Shards
 */

/**
 * The records of the fullest shard.
 * @param {Shards} shards
 */
function fullest(shards) {
  return [...shards.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** @type {Record<string, (shards: Shards) => void>} */
export const PLANTS = {
  lost: (shards) => void fullest(shards).splice(0, 1),
  reordered: (shards) => {
    const records = fullest(shards);
    records.push(...records.splice(0, 1));
  },
  corrupted: (shards) => {
    const [record] = fullest(shards);
    if (record !== undefined) record.Data = Buffer.from(`not ${record.Data}`).toString('base64');
  },
};
