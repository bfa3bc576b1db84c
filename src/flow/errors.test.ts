import { expect, test } from 'vitest';
import { angularError, endpointError, flowErrors } from './errors.ts';
import type { FlowField } from './schedule.ts';

function field(...vectors: [number, number][]): FlowField {
  return {
    width: vectors.length,
    height: 1,
    u: Float32Array.from(vectors, ([u]) => u),
    v: Float32Array.from(vectors, ([, v]) => v),
  };
}

test('the end-point error is the mean distance', () => {
  expect(endpointError(field([3, 4], [1, 1]), field([0, 0], [1, 1]))).toBeCloseTo(2.5, 6);
});

test('the angular error is the mean angle between (u, v, 1) and the truth', () => {
  expect(angularError(field([1, 0]), field([0, 0]))).toBeCloseTo(45, 6);
  expect(angularError(field([1, 0]), field([-1, 0]))).toBeCloseTo(90, 6);
  expect(angularError(field([0, Math.sqrt(3)], [2, 2]), field([0, 0], [2, 2]))).toBeCloseTo(30, 5);
});

test('pixels whose true flow is unknown do not count', () => {
  const truth = field([0, 0], [1e10, 1e10], [0, -1.7e9], [Number.NaN, 0]);
  const errors = flowErrors(field([0, 2], [5, 5], [5, 5], [5, 5]), truth);
  expect(errors).toEqual({
    endpoint: 2,
    angular: expect.closeTo((Math.atan(2) * 180) / Math.PI, 6),
    known: 1,
  });
});

test('fields that cannot be compared are refused', () => {
  expect(() => flowErrors(field([0, 0]), field([0, 0], [0, 0]))).toThrow(
    'the flow is 1×1, the true flow 2×1',
  );
  expect(() => flowErrors(field([0, 0]), field([2e9, 0]))).toThrow('unknown at every pixel');
});
