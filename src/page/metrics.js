// @ts-check
/** Reads Prometheus text. */

/** @typedef {{ labels: Record<string, string>, value: number }} Sample */

/** @param {string} text @returns {Map<string, Sample[]>} */
export function read_metrics(text) {
  /** @type {Map<string, Sample[]>} */
  const metrics = new Map();
  for (const line of text.split('\n')) {
    const found = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!found) continue;
    const labels = Object.fromEntries([...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
    const value = found[3] === '+Inf' ? Infinity : Number(found[3]);
    const samples = metrics.get(found[1]);
    if (samples) samples.push({ labels, value });
    else metrics.set(found[1], [{ labels, value }]);
  }
  return metrics;
}

/** The sum of the samples with these labels; undefined if there are none. @param {Map<string, Sample[]>} metrics @param {string} name @param {Record<string, string>} [labels] */
export function sum_of(metrics, name, labels = {}) {
  const samples = metrics.get(name)?.filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value));
  return samples?.length ? samples.reduce((sum, sample) => sum + sample.value, 0) : undefined;
}

/** How many fell into each range. @param {Map<string, Sample[]>} metrics @param {string} name @returns {{ to: number, count: number }[]} */
export function buckets_of(metrics, name) {
  let before = 0;
  return (metrics.get(`${name}_bucket`) ?? []).map(({ labels, value }) => {
    const count = value - before;
    before = value;
    return { to: labels.le === '+Inf' ? Infinity : Number(labels.le), count };
  });
}

/** @param {{ to: number, count: number }[]} buckets @param {number} part @returns {number} NaN when there are none */
export function quantile_of(buckets, part) {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (!total) return NaN;
  let before = 0;
  let low = 0;
  for (const { to, count } of buckets) {
    if (before + count >= part * total) return to === Infinity ? low : low + (to - low) * ((part * total - before) / count);
    before += count;
    low = to;
  }
  return low;
}
