export type Share = { share: number; low: number; high: number; n: number };

/** 95 % interval of a share `hits / n` (Wilson, JASA 1927); 0..1, all 0 to 1 when n is 0. */
export function wilson(hits: number, n: number): Share {
  if (n === 0) return { share: 0, low: 0, high: 1, n };
  const z = 1.96;
  const share = hits / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half =
    (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { share, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}
