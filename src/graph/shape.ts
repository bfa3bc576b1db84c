/** Sizes along each axis; arrays are row-major. */
export type Shape = readonly number[];

/** "[8,3,224,224]" */
export function shapeText(shape: Shape): string {
  return `[${shape.join(',')}]`;
}
