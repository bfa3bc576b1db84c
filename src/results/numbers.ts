/** A value of the curve: "3.12" on a scale of positive numbers, else with its sign, "+0.12", "−1.30". */
export function shown(value: number, scale: readonly [number, number] = [-1, 1], decimals = 2): string {
  const rounded = Math.abs(value).toFixed(decimals);
  if (Number(rounded) === 0) return rounded;
  return `${value < 0 ? '−' : scale[0] < 0 ? '+' : ''}${rounded}`;
}
