/** An XML document; keys that begin with @ are attributes, `#text` is what an element with attributes holds. */
export async function xml(content: object): Promise<string> {
  // with the first document: calls that write none need not wait for it
  const { XMLBuilder } = await import('fast-xml-parser');
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    suppressBooleanAttributes: false,
    format: true,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(content)}`;
}
