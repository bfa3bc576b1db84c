import { XMLBuilder } from 'fast-xml-parser';

/** An XML document; keys that begin with @ are attributes, `#text` is what an element with attributes holds. */
export function xml(content: object): string {
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    suppressBooleanAttributes: false,
    format: true,
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(content)}`;
}
