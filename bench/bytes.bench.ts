// Networks in bytes beside the same in float32, in this runtime: interleaved rounds, the best of each, and how far the
// answers lie apart. Weights and inputs are drawn at random, and ranges are those of the inputs themselves.
import { input, parametersOf, type Value } from '../src/graph/index.ts';
import { convnet5, densenet, randomParameters } from '../src/networks/index.ts';
import { openSession } from '../src/runtime/node/index.ts';
import { flowSizes } from '../src/streams/flow.ts';
import { pictureSizes } from '../src/streams/picture.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';
import { elementCount } from '../src/support/tensor.ts';
import { rangesOf } from './drawn-ranges.ts';

const rounds = 15;
const random = Random.seeded(1);

console.log(`${describeMachine()}; best of ${rounds} interleaved rounds, milliseconds\n`);
console.log(`${''.padEnd(26)}${'bytes'.padStart(9)}${'float32'.padStart(9)}${'ratio'.padStart(7)}   apart`);
for (const [name, network, shape] of [
  ['convnet5, 10 fields', (x: Value) => convnet5(x, { prefix: '' }, flowSizes.paper), [10, 3, 224, 224]],
  [
    'DenseNet-121, 8 pictures',
    (x: Value) => densenet(x, { prefix: '' }, pictureSizes.paper),
    [8, 3, 224, 224],
  ],
] as const) {
  const output = network(input('x', shape));
  const parameters = randomParameters(parametersOf({ output }), 1);
  const x = {
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, () => 2 * random.uniform() - 1),
  };
  const ranges = await rangesOf(output, parameters, x);
  const sessions = [
    await openSession({ output }, { parameters, ranges }),
    await openSession({ output }, { parameters }),
  ] as const;
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++)
    for (const [i, session] of sessions.entries()) {
      const begun = performance.now();
      await session.run({ x });
      best[i] = Math.min(best[i]!, performance.now() - begun);
    }
  const [bytes, floats] = await Promise.all(sessions.map(async (of) => (await of.run({ x })).output!.data));
  let [errors, squares] = [0, 0];
  for (let i = 0; i < floats!.length; i++) {
    errors += (bytes![i]! - floats![i]!) ** 2;
    squares += floats![i]! ** 2;
  }
  console.log(
    `${name.padEnd(26)}${best.map((time) => time.toFixed(1).padStart(9)).join('')}${(best[0]! / best[1]!).toFixed(2).padStart(7)}   ${(100 * Math.sqrt(errors / squares)).toFixed(1)} %`,
  );
  for (const session of sessions) await session.close();
}
