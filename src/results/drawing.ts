/** The few pieces of SVG the picture is made of. */
export const colors = {
  paper: '#fbfaf7',
  ink: '#24272e',
  quiet: '#6c707a',
  faint: '#a9acb3',
  rule: '#e4e2dc',
  valence: '#17858b',
  arousal: '#d0653d',
  warning: '#b3261e',
} as const;

/** Parts put together as an SVG on paper. */
export function drawing({ width, height }: { width: number; height: number }, parts: string[]): string {
  const background = `<rect width="${width}" height="${height}" fill="${colors.paper}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans">${background}${parts.join('')}</svg>`;
}

/** How and where a text stands. */
export interface TextStyle {
  x: number;
  y: number;
  size: number;
  color: string;
  anchor?: 'start' | 'middle' | 'end';
  weight?: 'bold' | 'normal' | '200';
  /** Drawn around the letters, so that they stay legible on top of a curve. */
  halo?: boolean;
}

/** A text as SVG, escaped. */
export function text(style: TextStyle, content: string): string {
  const halo = style.halo
    ? ` stroke="${colors.paper}" stroke-width="5" stroke-linejoin="round" paint-order="stroke"`
    : '';
  return `<text x="${style.x}" y="${style.y}" font-size="${style.size}" fill="${style.color}" text-anchor="${style.anchor ?? 'start'}" font-weight="${style.weight ?? 'normal'}"${halo}>${escaped(content)}</text>`;
}

interface LineStyle {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  color: string;
  width?: number;
  dash?: string;
}

/** A line as SVG. */
export function line({ x1, y1, x2, y2, color, width = 1, dash }: LineStyle): string {
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="${width}"${dashes}/>`;
}

/** Text from outside (a file's name) as XML, without characters that XML cannot hold. */
export function escaped(content: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return content
    .replace(/[&<>"]/g, (character) => named[character]!)
    .replace(/\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd');
}
