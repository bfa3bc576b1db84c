import type { ScaleLinear } from 'd3-scale';
import { imageLibrary } from '../support/images.ts';
import type { FilmStrip, Still } from './film-strip.ts';

const gap = 3;

/** Square stills side by side under the time they were taken at, as far as the film could be read (`end`, in seconds). */
export async function drawFilmStrip(
  strip: FilmStrip,
  time: ScaleLinear<number, number>,
  { top, height, end }: { top: number; height: number; end: number },
): Promise<string> {
  const [left, right] = time.range() as [number, number];
  const count = Math.round((right - left) / height);
  const width = (right - left + gap) / count;
  const readable = Math.max(Math.round((time(end) - left) / width), 1);
  // a short film has fewer stills than there are tiles
  const sources = new Map<Still, Promise<string>>();
  const sourceOf = (still: Still) => {
    const source = sources.get(still) ?? encoded(still, 2 * height);
    sources.set(still, source);
    return source;
  };
  const tiles = Array.from({ length: readable }, async (_, index) => {
    const source = await sourceOf(strip.at(time.invert(left + (index + 0.5) * width))!);
    return `<image x="${left + index * width}" y="${top}" width="${width - gap}" height="${height}" preserveAspectRatio="xMidYMid slice" href="${source}"/>`;
  });
  const shape = `<clipPath id="strip"><rect x="${left}" y="${top}" width="${readable * width - gap}" height="${height}" rx="8"/></clipPath>`;
  return `${shape}<g clip-path="url(#strip)">${(await Promise.all(tiles)).join('')}</g>`;
}

/** The middle square of a still, as the address of a JPEG of this size. */
async function encoded({ rgb, width, height }: Still, side: number): Promise<string> {
  const sharp = await imageLibrary();
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'cover' })
    .jpeg({ quality: 85 })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}
