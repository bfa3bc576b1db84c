// A process of its own, because a provider without its hardware may end the process: computes 1 + 1 on the provider
// that the first argument names, and exits with 0 when that is 2.
import { add, constant, input } from '../graph/index.ts';
import { openSession, type Provider } from '../runtime/node/index.ts';

try {
  const provider = process.argv[2] as Provider;
  const session = await openSession({ sum: add(input('x', [1]), constant(1)) }, { provider, threads: 1 });
  const { sum } = await session.run({ x: { shape: [1], data: Float32Array.of(1) } });
  await session.close();
  process.exit(sum!.data[0] === 2 ? 0 : 1);
} catch (error) {
  process.stderr.write((error as Error).message);
  process.exit(1);
}
