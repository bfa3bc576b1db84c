/**
 * Values at other moments, by straight lines between their own.
 *
 * @param times ascending, in seconds.
 * @returns NaN outside the times, and beside a value that is NaN.
 */
export function resampled(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  at: ArrayLike<number>,
): Float64Array {
  let after = 0;
  return Float64Array.from(at, (moment) => {
    if (after > 0 && times[after - 1]! > moment) after = 0;
    while (after < times.length && times[after]! < moment) after++;
    if (after === times.length) return Number.NaN;
    if (times[after] === moment) return values[after]!;
    if (after === 0) return Number.NaN;
    const [from, to] = [times[after - 1]!, times[after]!];
    const share = (moment - from) / (to - from);
    return (1 - share) * values[after - 1]! + share * values[after]!;
  });
}

/** The mean over a window around each value, narrower at the ends; `width` is odd. NaN takes no part. */
export function smoothed(values: ArrayLike<number>, width: number): Float64Array {
  const half = Math.floor(width / 2);
  const sums = new Float64Array(values.length + 1);
  const counts = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) {
    const there = !Number.isNaN(values[i]!);
    sums[i + 1] = sums[i]! + (there ? values[i]! : 0);
    counts[i + 1] = counts[i]! + (there ? 1 : 0);
  }
  return Float64Array.from({ length: values.length }, (_, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(values.length, i + half + 1)];
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
  });
}
