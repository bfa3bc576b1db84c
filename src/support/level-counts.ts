/** Of pictures that were counted: whoever looks at the same one next need not count again. */
const counted = new WeakMap<Uint8Array, Uint32Array>();

/**
 * How often each level occurs in a gray picture, 256 numbers. What is given must not change, nor must the picture.
 *
 * @param gray 8-bit levels.
 */
export function levelCounts(gray: Uint8Array): Readonly<Uint32Array> {
  const known = counted.get(gray);
  if (known) return known;
  const counts = new Uint32Array(256);
  // four tables: to count one level twice in a row has to wait for the first time
  const tables = new Uint32Array(4 * 256);
  const even = gray.byteOffset % 4 === 0 ? gray.length - (gray.length % 4) : 0;
  const words = new Uint32Array(gray.buffer, even > 0 ? gray.byteOffset : 0, even / 4);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    tables[word & 255]!++;
    tables[256 + ((word >>> 8) & 255)]!++;
    tables[512 + ((word >>> 16) & 255)]!++;
    tables[768 + (word >>> 24)]!++;
  }
  for (let i = even; i < gray.length; i++) tables[gray[i]!]!++;
  for (let i = 0; i < tables.length; i++) counts[i % 256]! += tables[i]!;
  counted.set(gray, counts);
  return counts;
}
