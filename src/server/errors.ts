import type { Hook } from '@hono/zod-openapi';
import type { ErrorHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorCode, errorCodeOf, InputError, reasonOf } from '../support/errors.ts';
import type { Context } from './context.ts';
import type { Problem } from './types.ts';

const statuses: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  'bad-input': 400,
  'wrong-usage': 400,
  'unknown-name': 400,
  'not-found': 404,
  exists: 409,
  busy: 409,
  'unusable-model': 409,
  'not-permitted': 403,
  'no-space': 507,
  internal: 500,
};

/** Errors as a body: what people may know of them, and no path or stack of ours. */
export function answerErrors({
  log,
  library,
  uploads,
  runs,
}: Pick<Context, 'log' | 'library' | 'uploads' | 'runs'>): ErrorHandler {
  const places = [
    [`library ${library.name}`, 'the library'],
    [uploads, 'the uploads'],
    ...(runs === undefined ? [] : [[runs, 'the runs']]),
  ] as const;
  const withoutPlaces = (message: string) =>
    places.reduce((text, [place, word]) => text.replaceAll(place!, word!), message);
  return (error, { json, req }) => {
    const code = errorCodeOf(error);
    if (error instanceof InputError) return json(bodyOf(code, withoutPlaces(error.message)), statuses[code]);
    log.error({ err: error, path: req.path }, 'a request failed');
    const message =
      code === 'internal' ? 'something went wrong; the log of the server says more' : reasonOf(error);
    return json(bodyOf(code, message), statuses[code]);
  };
}

/** Parameters that are not as a route describes them. */
// biome-ignore lint/suspicious/noExplicitAny: the hook is for routes of every kind
export const refuseInvalid: Hook<any, any, any, any> = (result, { json }) => {
  if (result.success) return;
  const { path, message } = result.error.issues[0]!;
  return json(bodyOf('bad-input', `${path.join('.') || 'the body'}: ${message}`), 400);
};

export function bodyOf(code: ErrorCode, message: string): Problem {
  return { error: { code, message } };
}
