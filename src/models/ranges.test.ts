import { expect, test } from 'vitest';
import type { Tensor } from '../support/tensor.ts';
import { partRanges, storedRanges } from './index.ts';

const tensor = (shape: number[], data: number[]): Tensor => ({ shape, data: Float32Array.from(data) });
const weight = tensor([2, 1, 1, 1], [1, 2]);
const norm = tensor([2], [1, 1]);
const good = new Map([
  ['a.weight', tensor([2, 2], [-1, 0, 3, 4])],
  ['a.weight:input', tensor([2, 1], [0, 9])],
  ['b.weight', tensor([2, 2], [0, 0, 1, 1])],
  ['b.weight:signed', tensor([2, 2], [-1, -2, 1, 1])],
]);
const weights = new Map([
  ['a.weight', weight],
  ['b.weight', norm],
]);

test('ranges come back from among the weights', () => {
  const found = partRanges(new Map([...weights, ...storedRanges(good)]), 'file');
  expect(found.ranges).toEqual(good);
  expect(found.weights).toEqual(weights);
});

test.each([
  [
    'of a weight that is not there',
    'c.weight',
    tensor([2, 2], [0, 0, 1, 1]),
    /'ranges\.c\.weight' is the range of a weight/,
  ],
  ['of another size', 'a.weight', tensor([2, 3], [0, 0, 0, 1, 1, 1]), /is \[2,3\], not \[2,2\]/],
  [
    'of an input of another size',
    'a.weight:input',
    tensor([2, 3], [0, 0, 0, 1, 1, 1]),
    /is \[2,3\], not \[2,1\]/,
  ],
  ['no number', 'a.weight', tensor([2, 2], [0, 0, 1, Number.NaN]), /no finite number/],
  ['upside down', 'a.weight', tensor([2, 2], [1, 0, 3, 4]), /lowest number above 0/],
])('a range is refused that is %s', (_, name, range, message) => {
  const stored = storedRanges(new Map([...good, [name, range]]));
  expect(() => partRanges(new Map([...weights, ...stored]), 'file')).toThrow(message);
});
