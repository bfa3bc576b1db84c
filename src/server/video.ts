import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { InputError } from '../support/errors.ts';
import type { Context } from './context.ts';
import { identifier, problems } from './schemas.ts';

const types: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.mpg': 'video/mpeg',
  '.mpeg': 'video/mpeg',
  '.ogv': 'video/ogg',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
  '.ogg': 'audio/ogg',
  '.flac': 'audio/flac',
  '.m4a': 'audio/mp4',
};

/** The film itself, or a range of it (RFC 9110, section 14). Only what the library knows is ever read. */
export function videoRoutes(app: OpenAPIHono, { library }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/video',
      request: { params: identifier },
      responses: {
        200: { description: 'the film' },
        206: { description: 'a range of it' },
        416: { description: 'it has no such range' },
        ...problems,
      },
    }),
    async (context) => {
      const film = await library.film(Number(context.req.valid('param').id));
      // without O_NONBLOCK a pipe that has come in its place would be waited for
      const file = await open(film.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => {
        throw new InputError(`film ${film.id}: its file is no longer where it was`, 'not-found');
      });
      try {
        const about = await file.stat();
        if (!about.isFile()) throw new InputError(`film ${film.id}: is no file`, 'not-found');
        const { size } = about;
        const headers = new Headers({
          'accept-ranges': 'bytes',
          'content-type': types[extname(film.path).toLowerCase()] ?? 'application/octet-stream',
          etag: tagOf(about),
        });
        // a range of what the file was before would be put together with what it is now
        const condition = context.req.header('if-range');
        const changed = condition !== undefined && condition !== tagOf(about);
        const range = changed ? undefined : rangeOf(context.req.header('range'), size);
        if (range === 'beyond') {
          await file.close();
          headers.set('content-range', `bytes */${size}`);
          return new Response(null, { status: 416, headers });
        }
        const [first, last] = range ?? [0, size - 1];
        headers.set('content-length', String(last - first + 1));
        if (range) headers.set('content-range', `bytes ${first}-${last}/${size}`);
        if (context.req.method === 'HEAD') {
          await file.close();
          return new Response(null, { status: range ? 206 : 200, headers });
        }
        return new Response(bodyOf(file, first, last), { status: range ? 206 : 200, headers });
      } catch (error) {
        await file.close();
        throw error;
      }
    },
  );
}

/** What changes when the file does, which need no longer be the one that was analyzed. */
function tagOf({ size, mtimeMs }: Stats): string {
  return `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
}

/** Read no faster than it is taken, and closed when whoever asked goes away. */
function bodyOf(file: FileHandle, first: number, last: number): ReadableStream {
  if (last < first) {
    void file.close();
    return new ReadableStream({ start: (controller) => controller.close() });
  }
  return Readable.toWeb(file.createReadStream({ start: first, end: last })) as ReadableStream;
}

/** First and last byte; nothing where no range, or none that is understood, is asked for. */
function rangeOf(header: string | undefined, size: number): [number, number] | 'beyond' | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const [first, last] =
    from === ''
      ? [Math.max(size - Number(to), 0), size - 1]
      : [Number(from), to === '' ? size - 1 : Number(to)];
  if (first >= size || last < first) return 'beyond';
  return [first, Math.min(last, size - 1)];
}
