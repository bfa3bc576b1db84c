import { InputError } from '../support/errors.ts';
import { elementCount } from '../support/tensor.ts';

const mostDimensions = 32;

/** Where the elements of an array lie in a flat one: element (i, j, …) at offset + i · strides[0] + j · strides[1] + … */
export interface Layout {
  offset: number;
  shape: readonly number[];
  strides: readonly number[];
}

/** Checks numbers read from a file: every element has to lie within `available`. */
export function checkLayout({ offset, shape, strides }: Layout, available: number): void {
  const sizes = [offset, ...shape, ...strides];
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 0) || shape.length !== strides.length) {
    throw new InputError('its offset, sizes or strides are not whole numbers from 0');
  }
  if (shape.length > mostDimensions) throw new InputError(`it has more than ${mostDimensions} dimensions`);
  const last = shape.reduce((place, size, axis) => place + (size - 1) * strides[axis]!, offset);
  if (elementCount(shape) > 0 && !(last < available)) {
    throw new InputError(`its elements reach to ${last}, beyond the ${available} stored`);
  }
}

/** Whether the elements follow one another in row-major order. */
export function isContiguous({ shape, strides }: Layout): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** The strides of a Fortran array, whose first index runs fastest. */
export function fortranStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(0, axis)));
}

/** The elements in row-major order; a view where they lie so. */
export function gather(source: Float32Array, layout: Layout): Float32Array {
  const { offset, shape, strides } = layout;
  const count = elementCount(shape);
  if (count === 0) return new Float32Array(0);
  if (isContiguous(layout)) return source.subarray(offset, offset + count);
  const gathered = new Float32Array(count);
  const index = shape.map(() => 0);
  let place = offset;
  for (let i = 0; i < count; i++) {
    gathered[i] = source[place]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      place -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}
