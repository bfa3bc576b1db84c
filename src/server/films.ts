import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type LibraryFilm, type StoredCurve, titleOf } from '../library/index.ts';
import { formats } from '../results/index.ts';
import { filmClass } from '../search/index.ts';
import { unknownName } from '../support/errors.ts';
import type { Context } from './context.ts';
import { filmDetails, filmPage, identifier, json, problems } from './schemas.ts';
import type { FilmCard } from './types.ts';
import { removeCopy } from './upload-copies.ts';

/** Points of the small curve of a card. */
const cardPoints = 80;

const paging = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(40),
  before: z.coerce.number().int().min(1).optional().openapi({ description: 'the number of a film' }),
});

export function filmRoutes(app: OpenAPIHono, { library, uploads }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films',
      request: { query: paging },
      responses: {
        200: json(
          filmPage,
          'films of the library, the newest first; `next`, where more follow, is their `before`',
        ),
        ...problems,
      },
    }),
    async (context) => {
      const { limit, before } = context.req.valid('query');
      // one more than is shown says whether any follow
      const found = await library.latestFilms({ limit: limit + 1, ...(before !== undefined && { before }) });
      const films = found.slice(0, limit);
      const curves = await library.curves(films.map(({ id }) => id));
      const next = found.length > limit ? films.at(-1)!.id : undefined;
      return context.json(
        {
          films: films.map((film) => cardOf(film, curves.get(film.id))),
          total: await library.count(),
          ...(next !== undefined && { next }),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}',
      request: { params: identifier },
      responses: { 200: json(filmDetails, 'a film, its curve, shots and passages'), ...problems },
    }),
    async (context) => {
      const film = await library.film(Number(context.req.valid('param').id));
      const card = cardOf(film, (await library.curves([film.id])).get(film.id));
      if (film.state === 'not-analyzed') return context.json({ ...card, passages: [] }, 200);
      const affect = await library.result(film.id);
      return context.json({ ...card, affect, ...filmClass(affect) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/films/{id}',
      request: { params: identifier },
      responses: {
        204: { description: 'it is forgotten; its file stays, but that of an upload' },
        ...problems,
      },
    }),
    async (context) => {
      const { id, path } = await library.film(Number(context.req.valid('param').id));
      await library.remove(id);
      await removeCopy(uploads, path);
      return context.body(null, 204);
    },
  );

  const formatList = z.object({
    formats: z.array(z.object({ name: z.string(), about: z.string(), endings: z.array(z.string()) })),
  });
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/formats',
      responses: { 200: json(formatList, 'what results are handed over as'), ...problems },
    }),
    (context) =>
      context.json(
        { formats: formats.map(({ name, about, endings }) => ({ name, about, endings: [...endings] })) },
        200,
      ),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/films/{id}/export/{format}',
      request: {
        params: identifier.extend({ format: z.string() }),
        query: z.object({ part: z.coerce.number().int().min(0).max(9).default(0) }),
      },
      responses: {
        200: { description: 'a file of the format; `part` is its number where there are several' },
        ...problems,
      },
    }),
    async (context) => {
      const { id, format: name } = context.req.valid('param');
      const format = formats.find((known) => known.name === name);
      if (!format)
        throw unknownName(
          'format',
          name,
          formats.map((known) => known.name),
        );
      const film = await library.film(Number(id));
      const stem = `${titleOf(film)}.affect`;
      const parts = await format.write({ film: await library.result(film.id), name: stem });
      const part = Math.min(context.req.valid('query').part, parts.length - 1);
      context.header('content-disposition', attachment(stem + format.endings[part]!));
      context.header('content-type', 'application/octet-stream');
      const content = parts[part]!;
      return context.body(typeof content === 'string' ? content : Uint8Array.from(content).buffer);
    },
  );
}

function cardOf(film: LibraryFilm, curve: StoredCurve | undefined): FilmCard {
  const { id, duration, added, state, model, clip } = film;
  return {
    ...{ id, title: titleOf(film), duration, added: added.toISOString(), state },
    ...(model !== undefined && { model }),
    ...(clip && { clip }),
    ...(curve && { curve: thinned(curve) }),
  };
}

/** Of each stretch of the curve its mean. */
function thinned({ start, step, valence, arousal }: StoredCurve) {
  const together = Math.ceil(valence.length / cardPoints);
  const count = Math.ceil(valence.length / together);
  const means = (values: Float32Array) =>
    Array.from({ length: count }, (_, index) => {
      const part = values.subarray(index * together, (index + 1) * together);
      return Math.round((1000 * part.reduce((sum, value) => sum + value, 0)) / part.length) / 1000;
    });
  return {
    times: Array.from({ length: count }, (_, index) => start + step * together * index),
    valence: means(valence),
    arousal: means(arousal),
  };
}

/** RFC 6266: a name that every browser can save under, and the whole one. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w .()-]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;
}
