/** Float32 numbers as bytes, little-endian, as the database keeps them. */
export function packed(values: ArrayLike<number>): Uint8Array {
  const floats = Float32Array.from(values);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** The numbers of `packed`. */
export function unpacked(bytes: Uint8Array): Float32Array {
  // the database's bytes may begin anywhere in a larger buffer
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
