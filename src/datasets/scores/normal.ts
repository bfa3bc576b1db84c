/** Logarithm of the density of the standard normal distribution. */
export function logNormalDensity(x: number): number {
  return -0.5 * (x * x + Math.log(2 * Math.PI));
}

/** Logarithm of the standard normal distribution function, also far out where the function itself is 0. */
export function logNormalCdf(x: number): number {
  if (x > 3) return Math.log1p(-Math.exp(logNormalCdf(-x)));
  return x > -3 ? Math.log(0.5 + densitySeries(x)) : logNormalDensity(x) + Math.log(tailFraction(-x));
}

/** Φ(x) − ½ = φ(x) · (x + x³/3 + x⁵/(3·5) + …) (Marsaglia 2004) */
function densitySeries(x: number): number {
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) sum += term *= (x * x) / i;
  return sum * Math.exp(logNormalDensity(x));
}

/** (1 − Φ(x)) / φ(x) for large x, Laplace's continued fraction 1/(x + 1/(x + 2/(x + …))). */
function tailFraction(x: number): number {
  let fraction = x;
  for (let i = 120; i > 0; i--) fraction = x + i / fraction;
  return 1 / fraction;
}
