import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { compareRoutes } from './comparing.ts';
import type { Context } from './context.ts';
import { answerErrors, bodyOf, refuseInvalid } from './errors.ts';
import { filmRoutes } from './films.ts';
import { type GuardOptions, guard, headers } from './guard.ts';
import { healthRoutes } from './health.ts';
import { jobRoutes } from './jobs.ts';
import { labelRoutes } from './labeling.ts';
import { pageRoutes } from './page.ts';
import { placeRoutes } from './places.ts';
import { runRoutes } from './runs.ts';
import { searchRoutes } from './searching.ts';
import { traceRoutes } from './traces.ts';
import { uploadRoutes } from './uploads.ts';
import { videoRoutes } from './video.ts';

/** Bytes of a body: room for a rating of three hours, ten points a second. */
const largestBody = 8 * 2 ** 20;
const smallBody = bodyLimit({
  maxSize: largestBody,
  onError: ({ json }) => json(bodyOf('bad-input', `the body has more than ${largestBody} bytes`), 413),
});

/** All routes behind one guard. The document at `/api/openapi.json` lists them. */
export function createApp(context: Context, guarding: GuardOptions, version: string): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  const { log } = context;
  app.use(async ({ req }, next) => {
    const start = performance.now();
    await next();
    log.debug({ method: req.method, path: req.path, milliseconds: Math.round(performance.now() - start) });
  });
  app.use(headers);
  app.use(guard(guarding));
  app.use(async (context, next) => {
    // the one route that takes films counts for itself
    const isUpload = context.req.method === 'POST' && context.req.path === '/api/films';
    return isUpload ? await next() : await smallBody(context, next);
  });
  filmRoutes(app, context);
  videoRoutes(app, context);
  uploadRoutes(app, context);
  jobRoutes(app, context);
  searchRoutes(app, context);
  labelRoutes(app, context);
  traceRoutes(app, context);
  compareRoutes(app, context);
  placeRoutes(app, context);
  runRoutes(app, context);
  healthRoutes(app, context, version);
  pageRoutes(app);
  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Affectline',
      version,
      description: 'Films and how they make people feel: elicited valence and arousal.',
    },
  });
  app.notFound(({ json, req }) => json(bodyOf('not-found', `there is nothing at ${req.path}`), 404));
  app.onError(answerErrors(context));
  return app;
}
