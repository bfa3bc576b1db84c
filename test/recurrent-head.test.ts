import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { recurrentNetwork } from '../bench/recurrent-head.ts';
import { evaluate, gradients, input, multiply, parametersOf, reduceSum } from '../src/graph/index.ts';
import { secondAt } from '../src/networks/index.ts';
import { Random } from '../src/support/random.ts';
import { elementCount, type Tensor } from '../src/support/tensor.ts';
import { pythonHas, requirement } from '../src/support/testing.ts';

const hasPyTorch = requirement('python3-torch', () => pythonHas('/usr/bin/python3', 'torch'));
const [inputs, units, length, films] = [5, 3, 12, 2];
const random = Random.seeded(3);
const drawn = (shape: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
});
const heads = [
  { units, causal: false },
  { units, causal: true },
];

test.each(heads)('over a whole film plain arithmetic gives what the expression gives, $causal', (head) => {
  const network = recurrentNetwork(head);
  const { before, after } = network.reach;
  const parameters = network.fresh(inputs, 1);
  for (const { data } of parameters.values()) for (const i of data.keys()) data[i] = 0.5 * random.normal();
  const { data: seconds } = drawn([length * inputs]);
  const time = before + length + after;
  const x = { shape: [1, inputs, time, 1], data: new Float32Array(inputs * time) };
  for (let i = 0; i < inputs; i++)
    for (let t = 0; t < time; t++) x.data[i * time + t] = seconds[secondAt(t - before, length) * inputs + i]!;
  const { curve } = evaluate(
    { curve: network.curve(input('x', x.shape)) },
    { ...Object.fromEntries(parameters), x },
  );
  expect(curve.shape).toEqual([1, 2, length, 1]);
  network.curveOfSeconds(parameters, seconds).forEach(({ valence, arousal }, t) => {
    expect(valence).toBeCloseTo(curve.data[t]!, 10);
    expect(arousal).toBeCloseTo(curve.data[length + t]!, 10);
  });
});

test.skipIf(!hasPyTorch).each(heads)(
  'curve and gradients are those of torch.nn.GRU in float64, $causal (needs python3-torch)',
  (head) => {
    const network = recurrentNetwork(head);
    const { before, after } = network.reach;
    const parameters = network.fresh(inputs, 2);
    const x = drawn([films, inputs, before + length + after, 1]);
    const curve = network.curve(input('x', x.shape));
    const probe = drawn(curve.shape);
    const loss = reduceSum(multiply(curve, input('probe', probe.shape)), [0, 1, 2, 3]);
    const variables = parametersOf(loss);
    const slopes = gradients(loss, variables);
    const outputs = Object.fromEntries(variables.map(({ name }, i) => [name, slopes[i]!]));
    const feeds = { ...Object.fromEntries(parameters), x, probe };
    const ours = evaluate<string>({ curve, ...outputs }, feeds);

    const script = `import json, sys, torch
given = json.load(sys.stdin)
of = {k: torch.tensor(v["data"], dtype=torch.float64).reshape(v["shape"]) for k, v in given["feeds"].items()}
p = {k[9:]: v.requires_grad_() for k, v in of.items() if k.startswith("temporal.")}
x, units, both = of["x"], given["units"], not given["causal"]
gru = torch.nn.GRU(x.shape[1], units, batch_first=True, bidirectional=both).double()
names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
own = {}
for d, (direction, end) in enumerate([("forward", ""), ("backward", "_reverse")][: 1 + both]):
    gates = slice(3 * units * d, 3 * units * (d + 1))
    values = [p["input.weight"][gates, :, 0, 0], p[direction + ".weight"], p["input.bias"][gates], p[direction + ".bias"]]
    own.update({name + end: value for name, value in zip(names, values)})
with torch.no_grad():
    for name, value in own.items():
        getattr(gru, name).copy_(value)
states = gru(x[..., 0].transpose(1, 2))[0]
time = slice(given["before"], x.shape[2] - given["after"])
added = states[:, time] @ p["output.weight"][:, :, 0, 0].T + p["output.bias"]
filtered = torch.nn.functional.conv2d(x[:, :2], p["filter.weight"], p["filter.bias"])
curve = filtered + added.transpose(1, 2)[..., None]
(curve * of["probe"]).sum().backward()
found = {name: p[name].grad for name in ["filter.weight", "filter.bias", "output.weight", "output.bias"]}
grads = dict(gru.named_parameters())
ends = [""] + ["_reverse"] * both
found["input.weight"] = torch.cat([grads["weight_ih_l0" + e].grad for e in ends])
found["input.bias"] = torch.cat([grads["bias_ih_l0" + e].grad for e in ends])
for direction, e in zip(["forward", "backward"], ends):
    found[direction + ".weight"], found[direction + ".bias"] = grads["weight_hh_l0" + e].grad, grads["bias_hh_l0" + e].grad
print(json.dumps({"curve": curve.flatten().tolist(), **{"temporal." + k: v.flatten().tolist() for k, v in found.items()}}))`;
    const plain = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
    );
    const theirs = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', script], {
        input: JSON.stringify({ feeds: plain, units, causal: head.causal, before, after }),
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      }),
    ) as Record<string, number[]>;
    expect(Object.keys(theirs).toSorted()).toEqual(['curve', ...parameters.keys()].toSorted());
    for (const [name, values] of Object.entries(theirs)) {
      const own = ours[name]!.data;
      expect(own.length, name).toBe(values.length);
      for (const [i, value] of values.entries()) expect(own[i], `${name} ${i}`).toBeCloseTo(value, 9);
    }
  },
);
